/** What can go wrong while learning, as facts. */

import { type DataError, Fault } from '../data/error.js'
import type { Engine, EngineError } from '../engine/engine.js'
import { stackOf } from '../io/exception.js'
import type { FunctionError } from '../io/named-function.js'
import type { NetError } from '../net/error.js'
import type { Path } from '../net/path.js'
import type { Shape } from '../net/shape.js'
import type { PruneError } from '../surgery/error.js'
import type { EvidenceName } from './options.js'

/** Why learning cannot begin, or stopped. */
export type LearnError =
  | NetError
  | PruneError
  | EngineError
  | DataError
  /** The loss or a weight is no longer finite; the last checkpoint is good. */
  | {
      readonly _tag: 'Overflow'
      readonly what: string
      readonly got: string
      readonly epoch: number
      readonly step: number
    }
  /** The data's images or classes differ from the net's input or output. */
  | {
      readonly _tag: 'DataDiffers'
      readonly what: 'image' | 'classes'
      readonly net: Shape
      readonly data: Shape
    }
  /** A criterion that gives no channel a utility. */
  | { readonly _tag: 'NoEvidence'; readonly criterion: string; readonly needed: EvidenceName }
  /** A criterion or a term of a user's own. */
  | FunctionError
  /** Fewer images than one batch holds: so many for training; `null` for calibration, where only that is known. */
  | { readonly _tag: 'TooFewImages'; readonly images: number | null; readonly batch: number }
  /** A batch norm that would see one value per channel: a batch of one image on a map of 1×1, or on a vector. */
  | { readonly _tag: 'OneValue'; readonly at: Path; readonly batch: number }
  /** A layer that should be a convolution of the images. */
  | { readonly _tag: 'NotFirst'; readonly at: Path; readonly got: string }
  /** Images of one class alone: there are no classes to separate. */
  | { readonly _tag: 'OneClass'; readonly data: string; readonly name: string }
  /** A pruned net whose logits differ from those of the masked one, relative to the largest logit. */
  | { readonly _tag: 'NotProven'; readonly difference: number; readonly tolerance: number }
  /** Asked to stop; the model so far has been handed to the observer. */
  | { readonly _tag: 'Interrupted' }

/** The error behind a rejected promise: the data's, or else the engine's. */
export const engineFailed =
  ({ name }: Engine) =>
  (reason: unknown): LearnError =>
    reason instanceof Fault
      ? reason.fact
      : {
          _tag: 'EngineFailed',
          engine: name,
          reason: String(reason),
          ...stackOf(reason),
        }
