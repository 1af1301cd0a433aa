/** What can go wrong when a model leaves the house or comes in, as facts; the words for people are in `report/text/messages.ts`. */

import type { DecodeError } from '../io/codec.js'
import type { BadFile, FileError } from '../io/error.js'
import type { TensorsError } from '../io/safetensors.js'
import type { LearnError } from '../learn/error.js'
import type { NetError, WeightError } from '../net/error.js'
import type { Path } from '../net/path.js'
import type { Shape } from '../net/shape.js'
import type { Input } from './input.js'
import type { Target } from './target.js'

/** A model whose weights do not fit its net, or that a format cannot hold. */
export type ExportError =
  | NetError
  | WeightError
  | FileError
  /** Preprocessing of other images or other classes than the net's. */
  | Extract<LearnError, { readonly _tag: 'DataDiffers' }>
  /** Pixels are to be the input, and nothing says how the model's images were normalised. */
  | { readonly _tag: 'NoPreprocessing'; readonly input: Input }
  /** An npm package that a format is written with and that is not installed. */
  | { readonly _tag: 'PackageMissing'; readonly name: string; readonly mend: string }
  /** More bytes of weights than one file of the format may hold. */
  | { readonly _tag: 'TooLarge'; readonly to: Target; readonly bytes: number; readonly limit: number }

/** A LayersModel that is no net here, or whose files are not what they say. */
export type ImportError =
  | NetError
  | WeightError
  | FileError
  | BadFile<DecodeError>
  | Extract<TensorsError, { readonly _tag: 'NotFiniteWeight' }>
  /** Something else than a folder with a LayersModel. */
  | { readonly _tag: 'NotALayersModel'; readonly path: string; readonly found: Foreign }
  /** A layer of a class no word stands for. */
  | {
      readonly _tag: 'UnknownLayer'
      readonly at: Path
      readonly className: string
      readonly supported: readonly string[]
    }
  /** A layer of a known class with an option no word has. */
  | {
      readonly _tag: 'LayerDiffers'
      readonly at: Path
      readonly className: string
      readonly fault: DecodeError
    }
  /** Layers joined in a way that series, branches and sums of two cannot say: shared, crossing, or in a circle. */
  | { readonly _tag: 'NotATree'; readonly at: Path; readonly reason: Tangle }
  /** A weight of a layer, by its Keras name, that the manifest does not have; and some that it has. */
  | {
      readonly _tag: 'WeightMissing'
      readonly name: string
      readonly wanted: Shape
      readonly found: readonly string[]
    }
  /** A weight that is not stored as float32. */
  | {
      readonly _tag: 'WeightDiffers'
      readonly name: string
      readonly fault: 'quantised' | 'type'
      readonly got: string
    }
  /** A weight file whose path leaves the model's folder. */
  | { readonly _tag: 'PathLeaves'; readonly folder: string; readonly path: string }
  /** Weight files that hold another number of bytes than the manifest says. */
  | {
      readonly _tag: 'WrongBytes'
      readonly files: readonly string[]
      readonly wanted: number
      readonly got: number
    }

/** Why layers are no tree. */
export type Tangle =
  | 'shared'
  | 'crossing'
  | 'circle'
  | 'unknown input'
  | 'not one input'
  | 'not one output'
  | 'no layers'

/** What lies where a LayersModel was expected. */
export type Foreign =
  | 'keras'
  | 'hdf5'
  | 'onnx'
  | 'savedmodel'
  | 'safetensors'
  | 'file'
  | 'folder'
  | 'graph model'
  | 'no topology'
