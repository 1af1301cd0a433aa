/** Training batches whose images are mixed in pairs, and their targets in the same shares: mixup and cutmix. */
import { elementAt } from '../../io/element.js'
import { normal, permutation, randomBelow, type Stream, stream } from '../../net/random.js'
import type { Shape } from '../../net/shape.js'
import type { Batch, Feed } from './batches.js'

/** How batches are mixed: by α of the shares' distribution Beta(α, α), and the share of batches, 1 by default. */
export type Mix =
  /** Every pixel is a mean of two images. Source  Zhang et al. 2018 (arXiv 1710.09412) */
  | { readonly mixup: number; readonly probability?: number }
  /** A rectangle is another image's. Source  Yun et al. 2019 (arXiv 1905.04899) */
  | { readonly cutmix: number; readonly probability?: number }

/** The logarithm of a draw from Gamma(α, 1), which itself may be too small for a number. Source  Marsaglia and Tsang 2000 */
const logGamma = (draw: Stream, alpha: number): number => {
  if (alpha < 1) return logGamma(draw, alpha + 1) + Math.log(1 - draw()) / alpha
  const d = alpha - 1 / 3
  const gauss = normal(draw)
  for (;;) {
    const x = gauss()
    const v = (1 + x / Math.sqrt(9 * d)) ** 3
    if (v > 0 && Math.log(1 - draw()) < x ** 2 / 2 + d - d * v + d * Math.log(v)) return Math.log(d * v)
  }
}

/** A draw from Beta(α, α). */
export const drawShare = (draw: Stream, alpha: number): number =>
  1 / (1 + Math.exp(logGamma(draw, alpha) - logGamma(draw, alpha)))

/** Each row with its partner's. */
const blendRows = (values: Float32Array, partners: Int32Array, share: number): Float32Array => {
  const row = values.length / partners.length
  return values.map(
    (value, i) =>
      share * value +
      (1 - share) * elementAt(values, elementAt(partners, Math.floor(i / row)) * row + (i % row)),
  )
}

/** From, inclusive, to, exclusive: the part inside the image of an interval of a random centre. */
const cutInterval = (draw: Stream, length: number, part: number): readonly [from: number, to: number] => {
  const [cut, centre] = [Math.floor(length * part), randomBelow(draw, length)]
  const from = centre - Math.floor(cut / 2)
  return [Math.max(0, from), Math.min(length, from + cut)]
}

interface MixedImages {
  readonly images: Float32Array
  /** The share of each image's own pixels. */
  readonly share: number
}

/** Each image with a rectangle of its partner's, at the same place. */
const cutImages = (
  images: Float32Array,
  partners: Int32Array,
  { draw, share, image }: { readonly draw: Stream; readonly share: number; readonly image: Shape },
): MixedImages => {
  const [height = 1, width = 1, channels = 1] = image
  const part = Math.sqrt(1 - share)
  const [top, bottom] = cutInterval(draw, height, part)
  const [left, right] = cutInterval(draw, width, part)
  const mixed = images.slice()
  partners.forEach((partner, nth) => {
    for (let y = top; y < bottom; y++) {
      const at = (own: number, x: number) => ((own * height + y) * width + x) * channels
      mixed.set(images.subarray(at(partner, left), at(partner, right)), at(nth, left))
    }
  })
  return { images: mixed, share: 1 - ((bottom - top) * (right - left)) / (height * width) }
}

const mixImages = (
  mix: Mix,
  draw: Stream,
  image: Shape,
  { images }: Batch,
  partners: Int32Array,
): MixedImages => {
  if ('cutmix' in mix) return cutImages(images, partners, { draw, share: drawShare(draw, mix.cutmix), image })
  const share = drawShare(draw, mix.mixup)
  return { images: blendRows(images, partners, share), share }
}

/** A full batch, mixed with itself in another order. */
const mixBatch = (mix: Mix, draw: Stream, image: Shape, batch: Batch): Batch => {
  if (draw() >= (mix.probability ?? 1)) return batch
  const partners = permutation(draw, batch.size)
  const { images, share } = mixImages(mix, draw, image, batch, partners)
  return {
    images,
    targets: blendRows(batch.targets, partners, share),
    labels:
      share < 0.5
        ? batch.labels.map((_, nth) => elementAt(batch.labels, elementAt(partners, nth)))
        : batch.labels,
    size: batch.size,
  }
}

/**
 * A feed of full batches, mixed: the label of an image is the class of its larger share.
 *
 * Shapes  image [height, width, channels]
 * Law     a worker reads whole batches, as partners may be another's; how a batch is mixed depends on the seed, the
 *         epoch and the step alone; targets keep their sum
 */
export const mixFeed =
  (mix: Mix, { seed, image }: { readonly seed: number; readonly image: Shape }) =>
  ({ batches, batchSize, ...feed }: Feed): Feed => ({
    batches,
    batchSize,
    batch: async (epoch, step) =>
      mixBatch(mix, stream(seed, `mix/${epoch}/${step}`), image, await feed.batch(epoch, step)),
  })
