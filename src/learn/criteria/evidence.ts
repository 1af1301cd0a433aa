/** Criteria that ask for evidence: what an engine is to gather of a model before channels can be judged. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Model } from '../../net/weights.js'
import type { Criterion } from '../../surgery/prune/criteria.js'
import type { Utilities } from '../../surgery/prune/rank.js'
import type { LearnError } from '../error.js'
import type { Calibration } from './calibration.js'

/** What an engine gathers of a model over the images in sight. */
export type Evidence<Seen> = (sight: Calibration) => (model: Model) => TE.TaskEither<LearnError, Seen>

/** For criteria that need the weights alone: no image is looked at. */
export const noEvidence: Evidence<undefined> = () => () => TE.right(undefined)

/**
 * What channels are worth by a criterion, on the evidence it asks for: the criterion is a pure function, one's own as
 * well as any here; `activations`, `gradients` and `traces` are evidence, and what else an engine is asked.
 *
 * @example
 * measureUtilities(activations, (_, seen) =>
 *   E.right(Object.fromEntries([...seen].map(([path, moments]) => [path, classVariance(moments).overall]))),
 * )
 */
export const measureUtilities =
  <Seen>(evidence: Evidence<Seen>, criterion: Criterion<Seen>): Evidence<Utilities> =>
  sight =>
  model =>
    pipe(
      evidence(sight)(model),
      TE.flatMapEither(seen => criterion(model, seen)),
    )
