/** What an ONNX tensor holds while a graph is read: a constant, an output of one of our layers, or why it is neither. */
import type { Shape } from '../../../net/shape.js'
import type { ImportError } from '../../error.js'
import type { Constant } from './constant.js'
import { dimsOf, type View } from './view.js'

/** The output of a layer, by the layer's name: its shape here, and how the tensor shows it. */
export interface Live {
  readonly _tag: 'live'
  readonly layer: string
  readonly shape: Shape
  readonly view: View
}

/** A value is whole numbers: `scale` · (number − `zero`). */
export interface Rounding {
  readonly scale: number
  readonly zero: number
}

export type Value =
  | Live
  | { readonly _tag: 'constant'; readonly constant: Constant }
  /** A softmax of logits, which only the end of a net may be. */
  | { readonly _tag: 'softmax'; readonly logits: Live; readonly fault: ImportError }
  /** A value in 8 bits, which only the operator that undoes it may read. */
  | {
      readonly _tag: 'rounded'
      readonly exact: Live
      readonly by: Rounding
      readonly fault: ImportError
    }
  /** An output that matters only where something that matters reads it. */
  | { readonly _tag: 'fault'; readonly fault: ImportError }

export const constantValue = (constant: Constant): Value => ({ _tag: 'constant', constant })

/** The sizes of the first few of some tensors. */
export const sizesText = (values: readonly Live[]): string =>
  values
    .slice(0, 4)
    .map(({ view }) => dimsOf(view).join(' × '))
    .join(' and ')
