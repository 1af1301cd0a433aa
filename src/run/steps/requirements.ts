/** What more than one kind of step requires of a net before anything trains. */

import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { evidenceOf, nameOf } from '../../learn/criteria/criteria.js'
import type { AnyCriterion } from '../../learn/criteria/named-criterion.js'
import {
  checkLatencyTarget,
  isLatencyTarget,
  type LatencyTarget,
} from '../../learn/evaluation/latency-target.js'
import { type EvidenceName, pruneOptions } from '../../learn/options.js'
import { checkBatchNormValues } from '../../learn/training/batch-norm-values.js'
import type { CheckedNet } from '../../net/infer.js'
import type { Path } from '../../net/path.js'
import { decisionOf } from '../../surgery/analysis/decision.js'
import { freeUnits, scaledUnits } from '../../surgery/analysis/norms.js'
import { checkPruneOptions } from '../../surgery/prune/check-options.js'
import type { Constraining } from '../../surgery/prune/options.js'
import type { RunError } from '../error.js'
import type { Target } from '../schedule/steps.js'
import type { CheckContext, CheckState } from './kind.js'

export type Requirement = E.Either<RunError, unknown>

export const satisfied: E.Either<never, void> = E.right(undefined)

export const refuseIf = (condition: boolean, fact: RunError): E.Either<RunError, void> =>
  condition ? E.left(fact) : satisfied

/** Errors  NoValidation */
export const requireValidation = ({ validation, at }: CheckContext): E.Either<RunError, void> =>
  refuseIf(validation === 0, { _tag: 'NoValidation', at })

/** Batch norm needs more than one value a channel. Errors  OneValue */
export const requireSeveralValues = (batchSize: number, net: CheckedNet): Requirement =>
  checkBatchNormValues(batchSize)(net)

/** Errors  NoDecision */
export const requireDecision = (net: CheckedNet): Requirement => decisionOf(net)

/** The layers a criterion can score. */
export const scoredUnits = (criterion: AnyCriterion, inferred: CheckedNet): readonly Path[] =>
  criterion === 'bnScale'
    ? scaledUnits(inferred).flatMap(({ path, free }) => (free ? [path] : []))
    : freeUnits(inferred)

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

/** Whether a target, and what constrains the cut, fit the net. Errors  WrongOption, UnknownPath */
export const requireTarget = (
  net: CheckedNet,
  target: Target | LatencyTarget,
  constraints: Partial<Constraining> = {},
): E.Either<RunError, void> => {
  const { freeze = [], ignore = [], minChannels = 0, roundTo = 1, floor = 0 } = constraints
  const counted: Target = isLatencyTarget(target) ? { eta: 0 } : target
  return pipe(
    isLatencyTarget(target) ? checkLatencyTarget(target) : E.right(0),
    E.flatMap(
      (): E.Either<RunError, void> =>
        checkPruneOptions(
          pruneOptions({ target: counted, freeze, ignore, minChannels, roundTo, floor }, {}),
          net,
        ),
    ),
  )
}
