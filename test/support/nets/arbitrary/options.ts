/** What random nets may have, and what all their recipes draw from. */
import * as fc from 'fast-check'
import type { Activation } from '../../../../src/net/activation.js'
import type { Shape } from '../../../../src/net/shape.js'
import type { AnyWord, MapWord, SomeWord } from '../../../../src/net/words/types.js'

export interface NetOptions {
  /** Whether dropout layers, and dropPath, may appear; by default not. */
  readonly dropout?: boolean
  /** Depthwise and separable convolutions; by default yes. */
  readonly depthwise?: boolean
  /** Average pooling; by default yes. */
  readonly avgPool?: boolean
  /** Numbers as paddings; by default yes. */
  readonly paddings?: boolean
  /** Dilated convolutions; by default yes. */
  readonly dilation?: boolean
  /** Grouped convolutions; by default yes. */
  readonly groups?: boolean
  /** Channel shuffles, channel slices and gates; by default yes. */
  readonly channels?: boolean
  /** What a LayersModel cannot hold: the hard sigmoid and swish, gelu by tanh, and pools with padding of their own; by default yes. */
  readonly hard?: boolean
  /** Windows of two sides, and layers and activations that came after batch norm; by default yes. */
  readonly modern?: boolean
  /** The largest value over the image; by default yes. */
  readonly globalMaxPool?: boolean
}

/** Makes a word that fits the shape of what comes in. */
export type Recipe<W extends SomeWord = MapWord> = (input: Shape) => W

export type Mapping = (steady: boolean) => Recipe

/** Wide enough that a nearly constant channel does not magnify a float32's last digit. */
export const epsilon = 1e-2

export const small = fc.integer({ min: 1, max: 6 })

/** What nets of every age have, what later ones have beside, and what of that a LayersModel cannot hold. */
export const mixed = <A>(
  { modern = true, hard = true }: NetOptions,
  plain: readonly A[],
  later: readonly A[],
  foreign: readonly A[] = [],
): fc.Arbitrary<A> => fc.constantFrom(...plain, ...(modern ? later : []), ...(modern && hard ? foreign : []))

export const activation = (from: NetOptions): fc.Arbitrary<Activation | null> =>
  mixed<Activation | null>(
    from,
    ['relu', null, 'swish', 'tanh', 'sigmoid', 'relu6'],
    ['elu', 'gelu', { _tag: 'leakyRelu', slope: 0.1 }],
    ['hardSwish', 'hardSigmoid', 'geluTanh'],
  )

export const momentum = fc.constantFrom(0.9, 0.5, 0.99)

/** A word for any rank is a word for maps. */
export const onMaps = (word: AnyWord): MapWord => word as SomeWord as MapWord // the rank is a phantom
