/** Images mirrored left to right. */
import type { Shape } from '../../net/shape.js'

/** Shapes  images [batch, height, width, channels], image [height, width, channels] */
export const mirrorImages =
  ([, width = 1, channels = 1]: Shape) =>
  (images: Float32Array): Float32Array =>
    images.map((_, i) => {
      const [pixel, channel] = [Math.floor(i / channels), i % channels]
      const column = pixel % width
      return images[(pixel + width - 1 - 2 * column) * channels + channel] ?? 0
    })
