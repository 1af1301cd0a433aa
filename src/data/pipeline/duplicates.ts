/** Images that training and another part share, by a hash of their pixels. */
import { createHash } from 'node:crypto'
import { type Shape, sizeOf } from '../../net/shape.js'
import type { Images } from '../dataset.js'

/** Images per read. */
const chunk = 256

/** Calls `visit` with a hash of each image, in order. */
const visitHashes = async (
  shape: Shape,
  images: Images,
  visit: (hash: string, nth: number) => void,
): Promise<void> => {
  const size = sizeOf(shape)
  for (let from = 0; from < images.size; from += chunk) {
    const count = Math.min(chunk, images.size - from)
    const bytes = new Uint8Array(count * size)
    await images.read(
      Int32Array.from({ length: count }, (_, nth) => from + nth),
      bytes,
    )
    for (let nth = 0; nth < count; nth++)
      visit(
        createHash('sha256')
          .update(bytes.subarray(nth * size, (nth + 1) * size))
          .digest('base64'),
        from + nth,
      )
  }
}

/**
 * The numbers of the images of `other` whose pixels are those of a training image, as they are stored: scaled and
 * cropped alike.
 *
 * Law  the order of neither matters
 */
export const findDuplicates =
  (shape: Shape, train: Images) =>
  async (other: Images): Promise<readonly number[]> => {
    const known = new Set<string>()
    await visitHashes(shape, train, hash => known.add(hash))
    const found: number[] = []
    await visitHashes(shape, other, (hash, nth) => {
      if (known.has(hash)) found.push(nth)
    })
    return found
  }
