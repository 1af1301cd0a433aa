/** A net as a tree of tagged, readonly records. Weights, tensors and time are not known here. */
import type { Activation } from './activation.js'
import type { Shape } from './shape.js'

/** The height and width of a window or of a step; one number for both. */
export type Extent = number | readonly [height: number, width: number]

/** `'same'` and `'valid'` as TensorFlow means them; a number pads every side by it, four pad one side each. */
export type Padding =
  | 'same'
  | 'valid'
  | number
  | readonly [top: number, bottom: number, left: number, right: number]

/** Batch norm: the share of the old running statistics kept at each step, and the variance's floor. */
export interface BatchNorm {
  readonly momentum: number
  readonly epsilon: number
}

interface Named {
  /** Unique among its siblings; `''` until a combinator has named it. */
  readonly name: string
}

interface Window {
  readonly stride: Extent
  readonly padding: Padding
}

/** A unit: its product, then batch norm or a bias, then its activation. */
interface Unit {
  readonly bias: boolean
  readonly norm: BatchNorm | null
  readonly activation: Activation | null
}

/** A convolution, as a unit. */
export interface Conv extends Named, Window, Unit {
  readonly _tag: 'conv'
  readonly filters: number
  readonly kernel: Extent
  readonly dilation: number
  /** Input channels and filters are divided into as many groups; each group of filters reads its own channels. */
  readonly groups: number
}

/** A filter of its own for each channel, as a unit. */
export interface Depthwise extends Named, Window, Unit {
  readonly _tag: 'depthwise'
  readonly kernel: Extent
  readonly dilation: number
}

/** Every output sees every input, as a unit. */
export interface Dense extends Named, Unit {
  readonly _tag: 'dense'
  readonly units: number
}

/** The largest value of each window; padding takes no part. */
export interface MaxPool extends Named, Window {
  readonly _tag: 'maxPool'
  readonly size: Extent
}

/** The mean of each window. */
export interface AvgPool extends Named, Window {
  readonly _tag: 'avgPool'
  readonly size: Extent
  /** Whether padding counts as zeros; else the mean is that of the part on the map. */
  readonly countPadding: boolean
}

/** One value of each window. */
export type Pool = MaxPool | AvgPool

/** The mean over the image: a map becomes a vector. */
export interface GlobalAvgPool extends Named {
  readonly _tag: 'globalAvgPool'
}

/** The largest value over the image: a map becomes a vector. */
export interface GlobalMaxPool extends Named {
  readonly _tag: 'globalMaxPool'
}

/** A map as a vector, row by row. */
export interface Flatten extends Named {
  readonly _tag: 'flatten'
}

/** Values set to zero at random while training. */
export interface Dropout extends Named {
  readonly _tag: 'dropout'
  /** Share of the values set to zero while training. */
  readonly rate: number
}

/** Everything of an image set to zero at random while training: stochastic depth, where a residual's body ends in it. */
export interface DropPath extends Named {
  readonly _tag: 'dropPath'
  /** Share of the images. */
  readonly rate: number
}

/** The channels of each position normalised together, then scaled and shifted. */
export interface LayerNorm extends Named {
  readonly _tag: 'layerNorm'
  readonly epsilon: number
}

/** A factor for each channel. */
export interface Scale extends Named {
  readonly _tag: 'scale'
  /** The factors' initial value. */
  readonly init: number
}

/** Batch norm on its own. */
export interface BatchNormLayer extends Named, BatchNorm {
  readonly _tag: 'norm'
}

/** An activation on its own. */
export interface ActivationLayer extends Named {
  readonly _tag: 'activate'
  readonly activation: Activation
}

/** The channels of `groups` equal groups interleaved: the first of each, then the second of each, … */
export interface ChannelShuffle extends Named {
  readonly _tag: 'channelShuffle'
  readonly groups: number
}

/** `size` of the channels, the first of them at `from`. */
export interface ChannelSlice extends Named {
  readonly _tag: 'channelSlice'
  readonly from: number
  readonly size: number
}

/** What a layer of a user's own is for inputs of one shape. */
export interface OwnComputation {
  readonly output: Shape
  /** From the input and the weights by name, values of a graph, to the output. */
  readonly lower: (x: never, weights: never) => unknown
}

/** A value that an option of a layer of a user's own may have. */
export type Plain = number | string | boolean | null

/** A layer of a user's own, built of operations. In files stands all but its function. */
export interface OwnLayer extends Named {
  readonly _tag: 'own'
  /** What its function is known by. */
  readonly layer: string
  readonly options: Readonly<Record<string, Plain>>
  /** Whether each output channel is made of the input channel at its place alone, so that both can be removed. */
  readonly channels: 'same' | 'mixed'
  /** The initial value of each weight that has a number for each channel of the input. */
  readonly weights: { readonly [N in 'bias' | 'scale' | 'shift']?: number }
  /** The shape of its kernel, whatever the input; null where it has none. */
  readonly kernel: Shape | null
  /** Missing where the layer was read from a file. */
  readonly call?: (input: Shape, options: OwnLayer['options']) => OwnComputation
}

/** Layers one after another; with none, the identity. */
export interface Stack extends Named {
  readonly _tag: 'stack'
  readonly layers: readonly Layer[]
}

/** Branches side by side on one input, their channels concatenated in order. */
export interface Concat extends Named {
  readonly _tag: 'concat'
  readonly branches: readonly Layer[]
}

/** The body's output plus the shortcut's, then the activation. */
export interface Residual extends Named {
  readonly _tag: 'residual'
  readonly body: Layer
  readonly shortcut: Layer
  readonly activation: Activation | null
}

/** The input times the body's output: a number for each channel, or for each value. */
export interface Gate extends Named {
  readonly _tag: 'gate'
  readonly body: Layer
}

/** A layer without layers in it. */
export type Leaf =
  | Conv
  | Depthwise
  | Dense
  | Pool
  | GlobalAvgPool
  | GlobalMaxPool
  | Flatten
  | Dropout
  | DropPath
  | BatchNormLayer
  | LayerNorm
  | Scale
  | ActivationLayer
  | ChannelShuffle
  | ChannelSlice
  | OwnLayer
/** A layer made of layers. */
export type Branch = Stack | Concat | Residual | Gate
/** A place in the tree. */
export type Layer = Leaf | Branch

/** A net: the shape of its input, and its layers. */
export interface Net {
  readonly _tag: 'net'
  readonly name: string
  readonly input: Shape
  readonly body: Stack
}
