/** Errors of exporting and importing a model, as facts; `report/text/messages` renders them. */

import type { DecodeError } from '../io/codec.js'
import type { BadFile, FileError } from '../io/error.js'
import type { TensorsError } from '../io/safetensors.js'
import type { LearnError } from '../learn/error.js'
import type { NetError, WeightError } from '../net/error.js'
import type { Path } from '../net/path.js'
import type { Shape } from '../net/shape.js'
import type { Input } from './input.js'
import type { Target } from './target.js'

/** A model whose weights do not match its net, or that a format cannot hold. */
export type ExportError =
  | NetError
  | WeightError
  | FileError
  /** Preprocessing of other images or other classes than the net's. */
  | Extract<LearnError, { readonly _tag: 'DataDiffers' }>
  /** The export should take pixels, but the model has no preprocessing to include. */
  | { readonly _tag: 'NoPreprocessing'; readonly input: Input }
  /** TensorFlow Serving counts versions by whole numbers. */
  | { readonly _tag: 'NotAVersion'; readonly got: number }
  /** A format needs an npm package that is not installed. */
  | { readonly _tag: 'PackageMissing'; readonly name: string; readonly mend: string }
  /** A library that could not write the format, with its reason. */
  | { readonly _tag: 'EncodingFailed'; readonly to: Target; readonly reason: string }
  /** A layer that the format does not have. */
  | { readonly _tag: 'NotHeld'; readonly to: Target; readonly at: Path; readonly what: string }
  /** A layer of a user's own, in a format of layers. */
  | { readonly _tag: 'OwnNotHeld'; readonly to: Target; readonly at: Path; readonly layer: string }
  /** More bytes of weights than one file of the format may hold. */
  | { readonly _tag: 'TooLarge'; readonly to: Target; readonly bytes: number; readonly limit: number }

/** A model that is not supported, or whose files do not match their description. */
export type ImportError =
  | NetError
  | WeightError
  | FileError
  | BadFile<DecodeError | OpsetDiffers>
  | Extract<TensorsError, { readonly _tag: 'NotFiniteWeight' }>
  /** The path holds no model that can be imported. */
  | { readonly _tag: 'UnknownFormat'; readonly path: string; readonly found: FoundFormat }
  /** A layer of an unsupported class. */
  | {
      readonly _tag: 'UnknownLayer'
      readonly at: Path
      readonly className: string
      readonly supported: readonly string[]
    }
  /** A layer of a supported class with an unsupported option. */
  | {
      readonly _tag: 'LayerDiffers'
      readonly at: Path
      readonly className: string
      readonly fault: DecodeError
    }
  /** Layers that are not connected as stacks, branches and residual sums: shared, crossing, or in a cycle. */
  | { readonly _tag: 'NotATree'; readonly at: Path; readonly reason: NotATreeReason }
  /** A layer's weight, by its Keras name, that the manifest lacks; and the weights of the same kind that it has. */
  | {
      readonly _tag: 'WeightMissing'
      readonly name: string
      readonly expected: Shape
      readonly found: readonly string[]
    }
  /** A weight of numbers that are not read as float32. */
  | { readonly _tag: 'WeightDiffers'; readonly name: string; readonly got: string }
  /** A node of a graph whose operator is not supported. */
  | {
      readonly _tag: 'UnknownOperator'
      readonly at: string
      readonly operator: string
      readonly supported: readonly string[]
    }
  /** A tensor of a file that does not fit its description, or is not supported. */
  | { readonly _tag: 'TensorDiffers'; readonly name: string; readonly fault: DecodeError }
  /** Another runtime computes other outputs from the file than the model that was read from it. */
  | { readonly _tag: 'RuntimeDiffers'; readonly runtime: 'onnxruntime'; readonly difference: number }
  /** A weight file whose path is outside the model's folder. */
  | { readonly _tag: 'PathLeaves'; readonly folder: string; readonly path: string }
  /** Weight files whose size differs from the manifest's. */
  | {
      readonly _tag: 'WrongBytes'
      readonly files: readonly string[]
      readonly expected: number
      readonly got: number
    }

/** An ONNX model whose operators are of a version that is not read; null where the file does not say which. */
export interface OpsetDiffers {
  readonly _tag: 'OpsetDiffers'
  readonly least: number
  readonly most: number
  readonly got: number | null
}

/** A layer that an import leaves out, since a net has no use for it. */
export interface LayerDropped {
  readonly _tag: 'LayerDropped'
  readonly at: Path
  readonly className: string
  /** It acts while training alone, or turns logits into probabilities. */
  readonly why: 'training' | 'softmax'
}

/** An imported model whose outputs for random images are those of another runtime for its file. */
export interface RuntimeAgrees {
  readonly _tag: 'RuntimeAgrees'
  readonly runtime: 'onnxruntime'
  /** The largest, as a share of the largest output. */
  readonly difference: number
}

/** Why an imported model was not compared with another runtime. */
export interface NotChecked {
  readonly _tag: 'NotChecked'
  readonly runtime: 'onnxruntime'
  readonly reason: string
}

/** Convolutions with a bias in a model without batch norms: exporters fold them. */
export interface NormsFolded {
  readonly _tag: 'NormsFolded'
  readonly layers: number
}

/** The accuracy of a model with 8-bit weights, beside that with its own. */
export interface WeightsMeasured {
  readonly _tag: 'WeightsMeasured'
  /** The images it was measured on. */
  readonly images: number
  readonly float32: number
  readonly int8: number
}

/** A scale and a shift at the file's front that became the model's preprocessing. */
export interface NormaliserLifted {
  readonly _tag: 'NormaliserLifted'
  /** The pixels that the file takes. */
  readonly input: Exclude<Input, 'normalised'>
}

/** Values that the imported file rounds to 8 bits, and the model does not. */
export interface RoundingDropped {
  readonly _tag: 'RoundingDropped'
  readonly values: number
}

/** What a file of a model gave on images. */
export interface FileFigures {
  readonly accuracy: number
  readonly bytes: number
  /** For all images. */
  readonly milliseconds: number
}

/** A file that computes in 8 bits, beside one of 32. */
export interface FilesMeasured {
  readonly _tag: 'FilesMeasured'
  /** The images it was measured on. */
  readonly images: number
  readonly runtime: 'onnxruntime'
  readonly float32: FileFigures
  readonly int8: FileFigures
}

/** What an import tells beside its model. */
export type ImportNote =
  | LayerDropped
  | RuntimeAgrees
  | NotChecked
  | NormsFolded
  | NormaliserLifted
  | RoundingDropped

/** Why layers are not a tree. */
export type NotATreeReason =
  | 'shared'
  | 'crossing'
  | 'circle'
  | 'unknown input'
  | 'not one input'
  | 'not one output'
  | 'no layers'
  | 'same name'

/** What was found where a model was expected. */
export type FoundFormat =
  | 'onnx'
  | 'savedmodel'
  | 'safetensors'
  | 'pickle'
  | 'tflite'
  | 'file'
  | 'folder'
  | 'graph model'
  | 'no topology'
