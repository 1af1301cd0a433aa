/** Evidence: what an engine measures of a model before a criterion can compute utilities. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Model } from '../../net/weights.js'
import type { Criterion } from '../../surgery/prune/criteria.js'
import type { Utilities } from '../../surgery/prune/rank.js'
import type { LearnError } from '../error.js'
import type { Calibration } from './calibration.js'

/** A measurement of a model over calibration images. */
export type Evidence<Seen> = (calibration: Calibration) => (model: Model) => TE.TaskEither<LearnError, Seen>

/** For criteria that need the weights alone. */
export const noEvidence: Evidence<undefined> = () => () => TE.right(undefined)

/**
 * The utilities of a criterion, on the evidence it needs. A criterion is a pure function; `activations`, `gradients`
 * and `traces` are evidence.
 *
 * @example
 * measureUtilities(activations, (_, seen) =>
 *   E.right(Object.fromEntries([...seen].map(([path, moments]) => [path, classVariance(moments).overall]))),
 * )
 */
export const measureUtilities =
  <Seen>(evidence: Evidence<Seen>, criterion: Criterion<Seen>): Evidence<Utilities> =>
  calibration =>
  model =>
    pipe(
      evidence(calibration)(model),
      TE.flatMapEither(seen => criterion(model, seen)),
    )
