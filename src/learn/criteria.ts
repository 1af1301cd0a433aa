/** Criteria by name, the measured ones among them: from a learner and what an engine sees to one number a channel. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Weights } from '../net/weights.js'
import type { Cost } from '../surgery/cost.js'
import { l1, l2, normScale, perCost, random } from '../surgery/criteria.js'
import type { Utilities } from '../surgery/rank.js'
import type { LearnError } from './error.js'
import { type Evidence, judged, nothing } from './evidence.js'
import { losers } from './losers.js'
import type { CriterionName } from './options.js'
import type { Learner } from './phase.js'
import { separationIn } from './separation.js'
import type { Sight } from './sight.js'
import { taylorIn } from './taylor.js'
import { traceIn } from './trace.js'

/** What else than the model and images a criterion may know. */
interface Known {
  readonly slots: Weights
  readonly seed: number
}

const measures: { readonly [N in CriterionName]: (known: Known) => Evidence<Utilities> } = {
  random: ({ seed }) => judged(nothing, random(seed)),
  l1: () => judged(nothing, l1),
  l2: () => judged(nothing, l2),
  normScale: () => judged(nothing, normScale),
  taylor: () => taylorIn,
  lda: () => separationIn,
  deconv: () => traceIn('deconv'),
  discriminant: () => traceIn('discriminant'),
  gradient: () => traceIn('gradient'),
  losers: ({ slots }) => judged(() => () => TE.right(slots), losers),
}

const speaking =
  (criterion: CriterionName) =>
  (utilities: Utilities): E.Either<LearnError, Utilities> =>
    Object.keys(utilities).length > 0 ? E.right(utilities) : E.left({ _tag: 'NoEvidence', criterion })

/**
 * A criterion's utilities, divided by a power of what each channel costs; power 0 leaves them as they are.
 *
 * Errors  NoEvidence where the criterion speaks of no layer; those of learning
 */
export const utilitiesBy =
  (name: CriterionName, { cost, power }: { readonly cost: Cost; readonly power: number }) =>
  (learner: Learner, sight: Sight, seed: number): TE.TaskEither<LearnError, Utilities> =>
    pipe(
      measures[name]({ slots: learner.slots, seed })(sight)(learner.model),
      TE.flatMapEither(speaking(name)),
      TE.flatMapEither(
        (utilities): E.Either<LearnError, Utilities> =>
          power === 0
            ? E.right(utilities)
            : perCost(cost, power)(() => E.right(utilities))(learner.model, undefined),
      ),
    )
