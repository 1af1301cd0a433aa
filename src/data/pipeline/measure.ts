/** Measures the mean and deviation of each channel. */
import { permutation, stream } from '../../net/random.js'
import { channelsOf, type Shape, sizeOf } from '../../net/shape.js'
import type { Images } from '../dataset.js'
import type { Normaliser } from '../spec.js'

/** Adds how often each byte occurs in each channel. */
const addCounts = (counts: Float64Array, bytes: Uint8Array, channels: number): void => {
  for (let at = 0; at < bytes.length; at += channels)
    for (let c = 0; c < channels; c++) {
      const entry = (c << 8) | (bytes[at + c] ?? 0)
      counts[entry] = (counts[entry] ?? 0) + 1
    }
}

const moments = (counts: Float64Array): readonly [mean: number, deviation: number] => {
  const total = counts.reduce((sum, count) => sum + count, 0)
  const mean = counts.reduce((sum, count, byte) => sum + (count * byte) / 255, 0) / total
  const variance = counts.reduce((sum, count, byte) => sum + count * (byte / 255 - mean) ** 2, 0) / total
  return [mean, Math.sqrt(variance) || 1]
}

/** Images per read. */
const chunk = 256

/**
 * Mean and deviation of each channel over a random sample of at most `max` images; a constant channel has
 * deviation 1.
 */
export const measure =
  (seed: number, shape: Shape, max: number) =>
  async (images: Images): Promise<Normaliser> => {
    const channels = channelsOf(shape)
    const counts = new Float64Array(256 * channels)
    const sample = permutation(stream(seed, 'measure'), images.size).subarray(0, max)
    for (let from = 0; from < sample.length; from += chunk) {
      const indices = sample.subarray(from, from + chunk)
      const bytes = new Uint8Array(indices.length * sizeOf(shape))
      await images.read(indices, bytes)
      addCounts(counts, bytes, channels)
    }
    const channel = Array.from({ length: channels }, (_, c) => moments(counts.subarray(c << 8, (c + 1) << 8)))
    return { mean: channel.map(([mean]) => mean), deviation: channel.map(([, deviation]) => deviation) }
  }
