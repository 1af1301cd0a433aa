/** The candidate that grows: the one with the largest gradient for what it costs. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Model } from '../../../net/weights.js'
import type { Growth } from '../../../surgery/grow/options.js'
import { siteAddress, sitePath } from '../../../surgery/grow/site.js'
import type { RunError } from '../../error.js'
import type { RunEvent, ScoredGrowth } from '../../events.js'
import { growthCost } from '../../schedule/growth-cost.js'
import type { GradientGrowths, Grow } from '../../schedule/steps.js'
import { loggedPlace, type StepContext } from '../step-context.js'
import { grownPath } from './growths.js'
import { type ScoredCandidate, type ScoredCandidates, scoreCandidates } from './score-candidates.js'

/** Figures are `null` where it could not grow. */
const figuresOf = ({ per }: GradientGrowths, before: Model, { grown, gradient }: ScoredCandidate) => {
  const cost = E.isRight(grown) ? growthCost(per, before)(grown.right.model) : null
  return { gradient, cost, score: cost === null || gradient === null ? null : gradient / cost }
}

type Figured = ScoredCandidate & ReturnType<typeof figuresOf>

/** The one with the largest score, of equal ones the first; `null` where none could grow. */
const bestOf = (all: readonly Figured[]): Figured | null =>
  all.reduce<Figured | null>(
    (best, each) => (each.score !== null && each.score > (best?.score ?? -1) ? each : best),
    null,
  )

const fateOf = (best: Figured | null, each: Figured): ScoredGrowth['fate'] => {
  if (each === best) return 'grown'
  if (E.isRight(each.grown)) return 'less'
  return each.grown.left._tag === 'OverBudget' ? 'over budget' : 'unfit'
}

const scoredGrowth = (best: Figured | null, each: Figured): ScoredGrowth => {
  const { growth, grown, gradient, cost, score } = each
  const [where, at] = siteAddress(growth)
  const path = E.isRight(grown) ? grownPath(growth, grown.right) : sitePath(growth)
  return { where, at, path, gradient, cost, score, fate: fateOf(best, each) }
}

/** What grows; nothing where no candidate fits any more. Errors  OverBudget where only the budget is in the way */
const growthOf = (best: Figured | null, all: readonly Figured[]): E.Either<RunError, Growth | null> => {
  if (best !== null) return E.right(best.growth)
  const over = all.flatMap(({ grown }) =>
    E.isLeft(grown) && grown.left._tag === 'OverBudget' ? [grown.left] : [],
  )
  return over[0] === undefined ? E.right(null) : E.left(over[0])
}

const decide =
  (context: StepContext, growths: GradientGrowths, model: Model) =>
  ({ images, candidates }: ScoredCandidates): TE.TaskEither<RunError, Growth | null> => {
    const all = candidates.map(each => ({ ...each, ...figuresOf(growths, model, each) }))
    const best = bestOf(all)
    const event: RunEvent = {
      _tag: 'growthsScored',
      ...loggedPlace(context),
      per: growths.per,
      images,
      candidates: all.map(each => scoredGrowth(best, each)),
    }
    return pipe(
      context.emit(event),
      TE.flatMapEither(() => growthOf(best, all)),
    )
  }

/**
 * The candidate whose zero weights would get the largest gradient per cost; `null` where none can grow any more.
 *
 * Errors  OverBudget where all that could grow would be too large
 */
export const chooseGrowth = (
  context: StepContext,
  step: Grow,
  growths: GradientGrowths,
  model: Model,
): TE.TaskEither<RunError, Growth | null> =>
  pipe(scoreCandidates(context, step, growths.candidates, model), TE.flatMap(decide(context, growths, model)))
