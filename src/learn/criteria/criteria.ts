/** Criteria, by name or of a user's own: from a learner and calibration images to one utility per channel. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Model, Weights } from '../../net/weights.js'
import type { Cost } from '../../surgery/prune/cost.js'
import { bnScale, l1, l2, perCost, random } from '../../surgery/prune/criteria.js'
import type { Normalize, Utilities } from '../../surgery/prune/rank.js'
import type { LearnError } from '../error.js'
import { gradientUtility, trackedUtilities } from '../fade/fade.js'
import { type CriterionName, defaultNormalize, type EvidenceName } from '../options.js'
import type { Learner } from '../training/learner.js'
import type { Calibration } from './calibration.js'
import { type Evidence, measureUtilities, noEvidence } from './evidence.js'
import { fStatisticUtilities } from './f-statistic.js'
import { activations, ldaUtilities } from './lda.js'
import {
  type AnyCriterion,
  callCriterion,
  type EvidenceTypes,
  type NamedCriterion,
} from './named-criterion.js'
import { channelGradients, taylorUtilities } from './taylor.js'
import { measureTrace, usualTrace } from './trace.js'

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
  fStatistic: () => fStatisticUtilities,
  deconvTrace: () => measureTrace('deconvTrace'),
  discriminantTrace: () => measureTrace('discriminantTrace'),
  gradientTrace: () => measureTrace('gradientTrace'),
  gradientUtility: ({ slots }) => measureUtilities(() => () => TE.right(slots), gradientUtility),
}

/** How the evidence that a criterion of a user's own asks for is measured. */
const evidence: {
  readonly [N in EvidenceName]: (inputs: CriterionInputs) => Evidence<EvidenceTypes[N]>
} = {
  weights: () => noEvidence,
  activations: () => activations,
  gradients: () => channelGradients,
  deconvTrace: () => usualTrace('deconvTrace'),
  discriminantTrace: () => usualTrace('discriminantTrace'),
  gradientTrace: () => usualTrace('gradientTrace'),
  gradientUtility:
    ({ slots }) =>
    () =>
    () =>
      TE.right(trackedUtilities(slots)),
}

const evidenceOfBuiltIn: { readonly [N in CriterionName]: EvidenceName } = {
  random: 'weights',
  l1: 'weights',
  l2: 'weights',
  bnScale: 'weights',
  taylor: 'gradients',
  lda: 'activations',
  fStatistic: 'activations',
  deconvTrace: 'deconvTrace',
  discriminantTrace: 'discriminantTrace',
  gradientTrace: 'gradientTrace',
  gradientUtility: 'gradientUtility',
}

/** What a criterion needs beside the model. */
export const evidenceOf = (criterion: AnyCriterion): EvidenceName =>
  typeof criterion === 'string' ? evidenceOfBuiltIn[criterion] : criterion.evidence

export const nameOf = (criterion: AnyCriterion): string =>
  typeof criterion === 'string' ? criterion : criterion.name

/** How a criterion's utilities become comparable across layers, unless a prune says so. */
export const normalizeOf = (criterion: AnyCriterion): Normalize =>
  typeof criterion === 'string' ? defaultNormalize[criterion] : criterion.normalize

const measureNamed =
  <N extends EvidenceName>(named: NamedCriterion & { readonly evidence: N }, inputs: CriterionInputs) =>
  (calibration: Calibration) =>
  (model: Model): TE.TaskEither<LearnError, Utilities> =>
    pipe(
      evidence[named.evidence](inputs)(calibration)(model),
      TE.flatMapEither(seen => callCriterion<N>(named)(model, seen)),
    )

const measurementOf = (criterion: AnyCriterion, inputs: CriterionInputs): Evidence<Utilities> =>
  typeof criterion === 'string' ? measurements[criterion](inputs) : measureNamed(criterion, inputs)

/** Errors  NoEvidence where no layer has a utility */
const checkEvidence =
  (criterion: AnyCriterion) =>
  (utilities: Utilities): E.Either<LearnError, Utilities> =>
    Object.keys(utilities).length > 0
      ? E.right(utilities)
      : E.left({ _tag: 'NoEvidence', criterion: nameOf(criterion), needed: evidenceOf(criterion) })

/**
 * A criterion's utilities, divided by a power of each channel's cost; with power 0 they stay as they are.
 *
 * Errors  NoEvidence where the criterion gives no layer a utility; those of learning; NoFunction, FunctionFailed and
 *         WrongReturn of a user's own
 */
export const measureCriterion =
  (criterion: AnyCriterion, { cost, power }: { readonly cost: Cost; readonly power: number }) =>
  (learner: Learner, calibration: Calibration, seed: number): TE.TaskEither<LearnError, Utilities> =>
    pipe(
      measurementOf(criterion, { slots: learner.slots, seed })(calibration)(learner.model),
      TE.flatMapEither(checkEvidence(criterion)),
      TE.flatMapEither(
        (utilities): E.Either<LearnError, Utilities> =>
          power === 0
            ? E.right(utilities)
            : perCost(cost, power)(() => E.right(utilities))(learner.model, undefined),
      ),
    )
