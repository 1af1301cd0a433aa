/** Weights as files beside `model.json`, one array after another; the manifest lists them. */
import { sumBy } from '../../../io/count.js'
import type { File } from '../../target.js'
import type { Config, KerasWeight } from '../keras.js'

/** The shard size of tfjs, which browsers can cache. */
const shardBytes = 4 * 2 ** 20

const joinWeights = (weights: readonly KerasWeight[]): Uint8Array => {
  const size = sumBy(weights, ({ tensor }) => tensor.data.byteLength)
  const bytes = new Uint8Array(size)
  let from = 0
  for (const { tensor } of weights) {
    const { buffer, byteOffset, byteLength } = tensor.data
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), from)
    from += byteLength
  }
  return bytes
}

/** Splits weights into files of at most 4 MiB. */
export const shardsOf = (weights: readonly KerasWeight[]): readonly File[] => {
  const bytes = joinWeights(weights)
  const count = Math.max(1, Math.ceil(bytes.byteLength / shardBytes))
  return Array.from({ length: count }, (_, nth) => ({
    name: `group1-shard${nth + 1}of${count}.bin`,
    bytes: bytes.subarray(nth * shardBytes, (nth + 1) * shardBytes),
  }))
}

export const manifestOf = (weights: readonly KerasWeight[], shards: readonly File[]): readonly Config[] => [
  {
    paths: shards.map(({ name }) => name),
    weights: weights.map(({ name, tensor }) => ({ name, shape: tensor.shape, dtype: 'float32' })),
  },
]
