/** Batches as engines want them. Each is a function of the seed, the epoch and the step: nothing else is remembered. */
import { stream } from '../../net/random.js'
import { channelsOf, sizeOf } from '../../net/shape.js'
import type { Dataset, Images } from '../dataset.js'
import { augmenter } from './distort.js'
import { balancedOrder, shuffleOrder } from './order.js'
import { centreCrop } from './window.js'

/** Images with their classes, as a call is fed them. */
export interface Batch {
  /** [batch, height, width, channels], normalised. */
  readonly images: Float32Array
  /** [batch, classes], one-hot; rows of zeros beyond `size`. */
  readonly targets: Float32Array
  /** −1 beyond `size`. */
  readonly labels: Int32Array
  /** Images in it; what is left of a last batch is padding. */
  readonly size: number
}

/** Batches by epoch and step. */
export interface Feed {
  /** In an epoch. */
  readonly batches: number
  /** Errors  rejects with a `Fault` where an image cannot be read */
  readonly batch: (epoch: number, step: number) => Promise<Batch>
}

/** Writes the bytes of an image where its values go, each by its channel's table. */
type Normalise = (bytes: Uint8Array, into: Float32Array, at: number) => void

const normalising = ({ mean, deviation, image }: Dataset): Normalise => {
  const channels = channelsOf(image)
  const table = Float32Array.from(
    { length: 256 * channels },
    (_, entry) => ((entry & 255) / 255 - (mean[entry >> 8] ?? 0)) / (deviation[entry >> 8] ?? 1),
  )
  return (bytes, into, at) => {
    for (let i = 0, entry = 0; i < bytes.length; i++) {
      into[at + i] = table[entry | (bytes[i] ?? 0)] ?? 0
      entry = entry + 256 === table.length ? 0 : entry + 256
    }
  }
}

/** What is done to the bytes of the image with this index, before they are normalised. */
type Prepare = (image: Uint8Array, index: number) => Uint8Array

const gather = (dataset: Dataset, images: Images, batch: number) => {
  const each = sizeOf(dataset.stored)
  const values = sizeOf(dataset.image)
  const normalise = normalising(dataset)
  return async (indices: Int32Array, prepare: Prepare): Promise<Batch> => {
    const bytes = new Uint8Array(indices.length * each)
    await images.read(indices, bytes)
    const filled = new Float32Array(batch * values)
    const targets = new Float32Array(batch * dataset.classes.length)
    const labels = new Int32Array(batch).fill(-1)
    indices.forEach((index, nth) => {
      const label = images.labels[index] ?? 0
      normalise(prepare(bytes.subarray(nth * each, (nth + 1) * each), index), filled, nth * values)
      targets[nth * dataset.classes.length + label] = 1
      labels[nth] = label
    })
    return { images: filled, targets, labels, size: indices.length }
  }
}

/** Images as they are, or their middle where they are stored larger than the net's. */
const plain = ({ stored, image }: Dataset): Prepare => {
  if (sizeOf(stored) === sizeOf(image)) return bytes => bytes
  const middle = new Uint8Array(sizeOf(image))
  const copy = centreCrop(stored, image)
  return bytes => {
    copy(bytes, middle)
    return middle
  }
}

/** How training images are put into batches. */
export interface TrainingOptions {
  readonly batch: number
  readonly seed: number
  /** Whether each batch has as many images of one class as of any other. */
  readonly balanced?: boolean
  /** Whether images are augmented as the data set says. */
  readonly augment?: boolean
}

/**
 * Shuffled training images, epoch after epoch; the incomplete batch at an epoch's end is left out.
 *
 * Law  an image's augmentation depends on the seed, the epoch and the image alone
 */
export const trainingFeed = (
  dataset: Dataset,
  { batch, seed, balanced = false, augment = true }: TrainingOptions,
): Feed => {
  const { train, classes } = dataset
  const order = balanced ? balancedOrder(seed, train.labels, classes.length) : shuffleOrder(seed, train.size)
  const collect = gather(dataset, train, batch)
  const distort = augmenter(dataset.stored, dataset.mean, dataset.augment)
  const still = plain(dataset)
  return {
    batches: Math.floor(train.size / batch),
    batch: (epoch, step) =>
      collect(
        order(epoch).subarray(step * batch, (step + 1) * batch),
        augment ? (image, index) => distort(stream(seed, `augment/${epoch}/${index}`), image) : still,
      ),
  }
}

/** Images in their own order, none left out: the last batch may be padded. */
export const evaluationFeed = (
  dataset: Dataset,
  images: Images,
  { batch }: { readonly batch: number },
): Feed => {
  const collect = gather(dataset, images, batch)
  const still = plain(dataset)
  return {
    batches: Math.ceil(images.size / batch),
    batch: (_, step) => {
      const from = step * batch
      const size = Math.min(batch, images.size - from)
      return collect(
        Int32Array.from({ length: size }, (_, nth) => from + nth),
        still,
      )
    },
  }
}

/**
 * The same feed, which begins the next `depth` batches whenever one is asked for: images are read and decoded
 * in other threads while a step blocks this one.
 */
export const prefetch =
  (depth: number) =>
  (feed: Feed): Feed => {
    const begun = new Map<number, Promise<Batch>>()
    const begin = (nth: number): Promise<Batch> => {
      const batch = begun.get(nth) ?? feed.batch(Math.floor(nth / feed.batches), nth % feed.batches)
      batch.catch(() => undefined) // told where the batch is asked for, if it ever is
      begun.set(nth, batch)
      return batch
    }
    return {
      batches: feed.batches,
      batch: (epoch, step) => {
        const nth = epoch * feed.batches + step
        const batch = begin(nth)
        begun.delete(nth)
        for (const known of begun.keys()) if (known < nth || known > nth + depth) begun.delete(known)
        for (let later = 1; later <= depth; later++) begin(nth + later)
        return batch
      },
    }
  }
