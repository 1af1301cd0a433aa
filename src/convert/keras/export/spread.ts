/** Dilated depthwise kernels as dense ones. */
import { windowSpan } from '../../../net/infer.js'
import type { Tensor } from '../../../net/weights.js'

/**
 * Fills the holes of a dilated kernel with zeros, since the depthwise layer of tfjs has no dilation.
 *
 * Shapes  [k, k, c, 1] → [span, span, c, 1]
 */
export const spread = ({ shape: [size = 1, , channels = 1], data }: Tensor, dilation: number): Tensor => {
  const span = windowSpan(size, dilation)
  const result = new Float32Array(span * span * channels)
  for (let row = 0; row < size; row++)
    for (let column = 0; column < size; column++) {
      const from = (row * size + column) * channels
      result.set(data.subarray(from, from + channels), (row * span + column) * dilation * channels)
    }
  return { shape: [span, span, channels, 1], data: result }
}
