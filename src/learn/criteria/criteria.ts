/** Criteria by name, the measured ones among them: from a learner and what an engine sees to one number a channel. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Weights } from '../../net/weights.js'
import type { Cost } from '../../surgery/prune/cost.js'
import { bnScale, l1, l2, perCost, random } from '../../surgery/prune/criteria.js'
import type { Utilities } from '../../surgery/prune/rank.js'
import type { LearnError } from '../error.js'
import type { CriterionName } from '../options.js'
import { gradientUtility } from '../training/fade.js'
import type { Learner } from '../training/phase.js'
import type { Calibration } from './calibration.js'
import { type Evidence, measureUtilities, noEvidence } from './evidence.js'
import { ldaUtilities } from './lda.js'
import { taylorUtilities } from './taylor.js'
import { measureTrace } from './trace.js'

/** What else than the model and images a criterion may know. */
interface Known {
  readonly slots: Weights
  readonly seed: number
}

const measures: { readonly [N in CriterionName]: (known: Known) => Evidence<Utilities> } = {
  random: ({ seed }) => measureUtilities(noEvidence, random(seed)),
  l1: () => measureUtilities(noEvidence, l1),
  l2: () => measureUtilities(noEvidence, l2),
  bnScale: () => measureUtilities(noEvidence, bnScale),
  taylor: () => taylorUtilities,
  lda: () => ldaUtilities,
  deconvTrace: () => measureTrace('deconvTrace'),
  discriminantTrace: () => measureTrace('discriminantTrace'),
  gradientTrace: () => measureTrace('gradientTrace'),
  gradientUtility: ({ slots }) => measureUtilities(() => () => TE.right(slots), gradientUtility),
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
export const measureCriterion =
  (name: CriterionName, { cost, power }: { readonly cost: Cost; readonly power: number }) =>
  (learner: Learner, sight: Calibration, seed: number): TE.TaskEither<LearnError, Utilities> =>
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
