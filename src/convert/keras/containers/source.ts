/** A saved Keras model, whatever file holds it: its topology, and a store of its weights. */
import * as E from 'fp-ts/lib/Either.js'
import type * as TE from 'fp-ts/lib/TaskEither.js'
import type { Shape } from '../../../net/shape.js'
import type { ImportError } from '../../error.js'
import type { KerasVersion, LayerPlace } from '../topology/layer-json.js'

/** A weight of a layer. */
export interface WeightAddress {
  readonly place: LayerPlace
  /** As in `kernel`. */
  readonly weight: string
  /** All weights of the layer. */
  readonly siblings: readonly string[]
}

/** An array of a store: its shape is known, its values are still in the file. */
export interface StoredWeight {
  readonly shape: Shape
  readonly read: TE.TaskEither<ImportError, Float32Array>
}

export interface WeightStore {
  readonly find: (address: WeightAddress) => E.Either<ImportError, StoredWeight | null>
  /** The names that the store has where the weight should be, for a message. */
  readonly similar: (address: WeightAddress) => readonly string[]
}

export interface KerasSource {
  /** The file that holds the topology. */
  readonly file: string
  readonly topology: unknown
  readonly version: KerasVersion
  /** What the file's writer added. */
  readonly metadata: unknown
  readonly weights: WeightStore
  readonly close: () => void
}

/** The version in a text such as `3.15.1`; others, as of tfjs, are 2. */
export const versionIn = (text: unknown): KerasVersion =>
  typeof text === 'string' && /^[3-9]\./.test(text) ? 3 : 2

/** A weight whose numbers are not supported. */
export const badType = (name: string, got: string): E.Either<ImportError, never> =>
  E.left({ _tag: 'WeightDiffers', name, got })

/** The names of a weight: Keras 3 calls the kernel of a channelwise layer a kernel. */
export const namesOfWeight = (weight: string): readonly string[] =>
  weight === 'depthwise_kernel' ? [weight, 'kernel'] : [weight]

/** Weights of a layer in the order of Keras. */
const order = [
  'depthwise_kernel',
  'pointwise_kernel',
  'kernel',
  'bias',
  'gamma',
  'beta',
  'moving_mean',
  'moving_variance',
  'mean',
  'variance',
]

const rankOf = ({ weight, siblings }: WeightAddress): number =>
  order.filter(each => siblings.includes(each)).indexOf(weight)

/** A weight's place in a Keras 3 store: `layers/conv2d_3/vars/0`. */
export const numberedPath = (address: WeightAddress): string =>
  `${address.place.group}/vars/${rankOf(address)}`
