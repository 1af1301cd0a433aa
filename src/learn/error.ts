/** What can go wrong while learning, as facts. */
import { type DataError, Fault } from '../data/error.js'
import type { Engine, EngineError } from '../engine/engine.js'
import type { Path } from '../net/path.js'
import type { Shape } from '../net/shape.js'
import type { PruneError } from '../surgery/error.js'
import type { CriterionName } from './options.js'

/** Why learning cannot begin, or stopped. */
export type LearnError =
  | PruneError
  | EngineError
  | DataError
  /** The loss or a weight is no longer a number; the state before this epoch is what to go on from. */
  | { readonly _tag: 'Overflow'; readonly what: string; readonly epoch: number; readonly step: number }
  /** The data's images or classes are not what the net takes or gives. */
  | {
      readonly _tag: 'DataDiffers'
      readonly what: 'image' | 'classes'
      readonly net: Shape
      readonly data: Shape
    }
  /** A criterion that tells what no channel is worth. */
  | { readonly _tag: 'NoEvidence'; readonly criterion: CriterionName }
  /** Fewer images than one batch holds; `null` where only that is known. */
  | { readonly _tag: 'TooFewImages'; readonly images: number | null; readonly batch: number }
  /** A batch norm that would see one value a channel: a batch of one image on a map of 1×1, or on a vector. */
  | { readonly _tag: 'OneValue'; readonly at: Path; readonly batch: number }
  /** Images of one class alone: there is nothing to tell apart. */
  | { readonly _tag: 'OneClass'; readonly data: string; readonly name: string }
  /** A pruned net that does not answer as the masked one: relative to the largest logit. */
  | { readonly _tag: 'NotProven'; readonly difference: number; readonly tolerance: number }
  /** Asked to stop; what was learnt so far has been handed over. */
  | { readonly _tag: 'Interrupted' }

/** What ended a promise: a fact of the data's, else the engine. */
export const engineFailed =
  ({ name }: Engine) =>
  (reason: unknown): LearnError =>
    reason instanceof Fault
      ? reason.fact
      : {
          _tag: 'EngineFailed',
          engine: name,
          reason: String(reason),
          ...(reason instanceof Error && reason.stack !== undefined && { stack: reason.stack }),
        }
