/** Stored images as PNG files, for people to look at. */
import { channelsOf, type Shape } from '../net/shape.js'

const isDrawable = (channels: number): channels is 1 | 3 | 4 =>
  channels === 1 || channels === 3 || channels === 4

/** Shapes  bytes [height, width, channels]; `null` for channels that are neither grey nor colours. */
export const encodePng = async (bytes: Uint8Array, shape: Shape): Promise<Buffer | null> => {
  const [height = 0, width = 0] = shape
  const channels = channelsOf(shape)
  if (!isDrawable(channels)) return null
  const { default: sharp } = await import('sharp')
  return sharp(bytes, { raw: { width, height, channels } }).png().toBuffer()
}
