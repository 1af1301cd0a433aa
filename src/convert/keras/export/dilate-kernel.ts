/** Dilated depthwise kernels as dense ones. */

import type { Tensor } from '../../../net/weights.js'
import { windowSpan } from '../../../net/window.js'

/**
 * Fills the holes of a dilated kernel with zeros, since the depthwise layer of tfjs has no dilation.
 *
 * Shapes  [h, w, c, 1] → [span of h, span of w, c, 1]
 */
export const dilateKernel = (
  { shape: [height = 1, width = 1, channels = 1], data }: Tensor,
  dilation: number,
): Tensor => {
  const [high, wide] = [windowSpan(height, dilation), windowSpan(width, dilation)]
  const result = new Float32Array(high * wide * channels)
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++) {
      const from = (row * width + column) * channels
      result.set(data.subarray(from, from + channels), (row * wide + column) * dilation * channels)
    }
  return { shape: [high, wide, channels, 1], data: result }
}
