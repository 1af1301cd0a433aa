/** What more than one kind of step requires of a net before anything trains. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { checkBatchNormValues } from '../../learn/check-options.js'
import { evidenceOf, nameOf } from '../../learn/criteria/criteria.js'
import type { AnyCriterion } from '../../learn/criteria/named-criterion.js'
import type { EvidenceName } from '../../learn/options.js'
import type { CheckedNet } from '../../net/infer.js'
import type { Path } from '../../net/path.js'
import { checkPaths } from '../../surgery/analysis/analysis.js'
import { decisionOf } from '../../surgery/analysis/decision.js'
import { freeUnits, scaledUnits } from '../../surgery/analysis/norms.js'
import { checkReachable } from '../../surgery/prune/prune.js'
import { isLatencyTarget } from '../../surgery/prune/target.js'
import type { RunError } from '../error.js'
import type { Prune } from '../schedule/steps.js'
import type { CheckContext, CheckState } from './kind.js'

export type Requirement = E.Either<RunError, unknown>

export const satisfied: E.Either<never, void> = E.right(undefined)

export const refuseIf = (condition: boolean, fact: RunError): E.Either<RunError, void> =>
  condition ? E.left(fact) : satisfied

/** Errors  NoValidation */
export const requireValidation = ({ validation, at }: CheckContext): E.Either<RunError, void> =>
  refuseIf(validation === 0, { _tag: 'NoValidation', at })

/** Batch norm needs more than one value per channel. Errors  OneValue */
export const requireSeveralValues = (batchSize: number, net: CheckedNet): Requirement =>
  checkBatchNormValues(batchSize)(net)

/** Errors  NoDecision */
export const requireDecision = (net: CheckedNet): Requirement => decisionOf(net)

/** The layers a criterion can score. */
const scoredUnits = (criterion: AnyCriterion, net: CheckedNet): readonly Path[] =>
  criterion === 'bnScale'
    ? scaledUnits(net).flatMap(({ path, free }) => (free ? [path] : []))
    : freeUnits(net)

const isTrace = (evidence: EvidenceName): boolean =>
  evidence === 'deconvTrace' || evidence === 'discriminantTrace' || evidence === 'gradientTrace'

/** Whether a criterion finds what it measures. Errors  NoEvidence, NoDecision */
export const requireCriterion = (criterion: AnyCriterion, { net, evidence }: CheckState): Requirement => {
  const needed = evidenceOf(criterion)
  const noEvidence: RunError = { _tag: 'NoEvidence', criterion: nameOf(criterion), needed }
  return pipe(
    refuseIf(needed === 'gradientUtility' && !evidence, noEvidence),
    E.flatMap(() => refuseIf(scoredUnits(criterion, net).length === 0, noEvidence)),
    E.flatMap((): Requirement => (isTrace(needed) ? requireDecision(net) : satisfied)),
  )
}

/** Whether the first cut can reach its own target: what later cuts find nobody knows. Errors  OutOfReach */
export const requireReachable = (
  { target, by, ...constraints }: Omit<Prune, '_tag'>,
  net: CheckedNet,
): Requirement => {
  const { freeze, ignore, minChannels, floor, roundTo } = constraints
  return target === null || isLatencyTarget(target) || 'eta' in target
    ? satisfied
    : checkReachable({ ...target, freeze, ignore, minChannels, floor, roundTo, units: scoredUnits(by, net) })(
        net,
      )
}

/** Whether the layers that a cut is to spare are there. Errors  UnknownPath */
export const requirePaths = (
  { freeze, ignore }: Pick<Prune, 'freeze' | 'ignore'>,
  { layers }: CheckedNet,
): Requirement =>
  pipe(
    checkPaths('freeze', layers)(freeze),
    E.flatMap(() => checkPaths('ignore', layers)(ignore)),
  )
