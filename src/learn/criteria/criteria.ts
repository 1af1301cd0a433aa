/** Criteria by name: from a learner and calibration images to one utility a channel. */
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

/** What a criterion may need beside the model and the images. */
interface CriterionInputs {
  readonly slots: Weights
  readonly seed: number
}

const measurements: { readonly [N in CriterionName]: (inputs: CriterionInputs) => Evidence<Utilities> } = {
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

/** Errors  NoEvidence where no layer has a utility */
const checkEvidence =
  (criterion: CriterionName) =>
  (utilities: Utilities): E.Either<LearnError, Utilities> =>
    Object.keys(utilities).length > 0 ? E.right(utilities) : E.left({ _tag: 'NoEvidence', criterion })

/**
 * A criterion's utilities, divided by a power of each channel's cost; with power 0 they stay as they are.
 *
 * Errors  NoEvidence where the criterion gives no layer a utility; those of learning
 */
export const measureCriterion =
  (name: CriterionName, { cost, power }: { readonly cost: Cost; readonly power: number }) =>
  (learner: Learner, calibration: Calibration, seed: number): TE.TaskEither<LearnError, Utilities> =>
    pipe(
      measurements[name]({ slots: learner.slots, seed })(calibration)(learner.model),
      TE.flatMapEither(checkEvidence(name)),
      TE.flatMapEither(
        (utilities): E.Either<LearnError, Utilities> =>
          power === 0
            ? E.right(utilities)
            : perCost(cost, power)(() => E.right(utilities))(learner.model, undefined),
      ),
    )
