/** The tree a net is: tagged, readonly records. It knows nothing of weights, tensors or time. */
import type { Shape } from './shape.js'

export type Activation = 'relu' | 'relu6' | 'sigmoid' | 'tanh' | 'swish'

/** `'same'` and `'valid'` as TensorFlow means them; a number pads every side by it. */
export type Padding = 'same' | 'valid' | number

/** Batch norm: the share of the old running statistics kept at each step, and the variance's floor. */
export interface Normalisation {
  readonly momentum: number
  readonly epsilon: number
}

interface Named {
  /** Unique among its siblings; `''` until a combinator has named it. */
  readonly name: string
}

interface Window {
  readonly stride: number
  readonly padding: Padding
}

/** A unit: its product, then batch norm or a bias, then its activation. */
interface Unit {
  readonly bias: boolean
  readonly norm: Normalisation | null
  readonly activation: Activation | null
}

export interface Conv extends Named, Window, Unit {
  readonly _tag: 'conv'
  readonly filters: number
  readonly kernel: number
  readonly dilation: number
}

export interface Depthwise extends Named, Window, Unit {
  readonly _tag: 'depthwise'
  readonly kernel: number
  readonly dilation: number
}

export interface Dense extends Named, Unit {
  readonly _tag: 'dense'
  readonly units: number
}

export interface Pool extends Named {
  readonly _tag: 'maxPool' | 'avgPool'
  readonly size: number
  readonly stride: number
  readonly padding: 'same' | 'valid'
}

export interface GlobalAvgPool extends Named {
  readonly _tag: 'globalAvgPool'
}

export interface Flatten extends Named {
  readonly _tag: 'flatten'
}

export interface Dropout extends Named {
  readonly _tag: 'dropout'
  /** Share of the values set to zero while training. */
  readonly rate: number
}

export interface Norm extends Named, Normalisation {
  readonly _tag: 'norm'
}

export interface Activate extends Named {
  readonly _tag: 'activate'
  readonly activation: Activation
}

/** Layers one after another; with none, the identity. */
export interface Stack extends Named {
  readonly _tag: 'stack'
  readonly layers: readonly Layer[]
}

/** Branches side by side on one input, their channels joined in order. */
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

export type Leaf = Conv | Depthwise | Dense | Pool | GlobalAvgPool | Flatten | Dropout | Norm | Activate
export type Branching = Stack | Concat | Residual
export type Layer = Leaf | Branching

/** A net: what comes in, and the tree it flows through. */
export interface Net {
  readonly _tag: 'net'
  readonly name: string
  readonly input: Shape
  readonly body: Stack
}

/** The layers directly below, in the order they are computed. */
export const childrenOf = (layer: Layer): readonly Layer[] => {
  switch (layer._tag) {
    case 'stack':
      return layer.layers
    case 'concat':
      return layer.branches
    case 'residual':
      return [layer.body, layer.shortcut]
    default:
      return []
  }
}

/** Puts other layers in the children's places; a leaf has none and stays itself. */
export const withChildren =
  (children: readonly Layer[]) =>
  (layer: Layer): Layer => {
    switch (layer._tag) {
      case 'stack':
        return { ...layer, layers: children }
      case 'concat':
        return { ...layer, branches: children }
      case 'residual': {
        const [body = layer.body, shortcut = layer.shortcut] = children
        return { ...layer, body, shortcut }
      }
      default:
        return layer
    }
  }
