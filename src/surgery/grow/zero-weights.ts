/** The weights of a grown net that begin as zeros, by which growing changes nothing and the new part learns. */
import { isKeyOf } from '../../net/weight-specs.js'
import type { Weights } from '../../net/weights.js'
import { newMaskKey, newMasks } from '../remap.js'
import type { Grown } from './grow.js'

/** Of a new array, all or none: an identity kernel has zeros too. */
const zeroMask = (mask: Float32Array, data: Float32Array): Float32Array => {
  if (mask.every(each => each === 1)) return data.some(each => each !== 0) ? new Float32Array(0) : mask
  return mask.map((each, at) => (data[at] === 0 ? each : 0))
}

/**
 * For each kernel or scale, 1 at the weights that growing has added as zeros, and 0 at the others: rows that read new
 * channels, and the last layer of a new residual's body. Arrays without such a weight are left out.
 */
export const zeroMasks =
  ({ model, remap }: Pick<Grown, 'model' | 'remap'>) =>
  (before: Weights): Weights => {
    const masks = newMasks(remap, before)
    return Object.fromEntries(
      Object.entries(model.weights).flatMap(([key, { shape, data }]) => {
        const mask = masks[newMaskKey(key)]
        if (mask === undefined || !(isKeyOf('kernel')(key) || isKeyOf('scale')(key))) return []
        const zeros = zeroMask(mask.data, data)
        return zeros.includes(1) ? [[key, { shape, data: zeros }] as const] : []
      }),
    )
  }
