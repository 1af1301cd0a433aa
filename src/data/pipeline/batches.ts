/** Batches for engines. Each is a function of the seed, the epoch and the step alone. */
import { elementAt } from '../../io/element.js'
import type { Share } from '../../io/share.js'
import { stream } from '../../net/random.js'
import { sizeOf } from '../../net/shape.js'
import type { Dataset, Images } from '../dataset.js'
import { augmenter, type Draws } from './distort.js'
import { balancedOrder, shuffleOrder } from './order.js'
import { cropper, normaliserOf } from './prepare.js'

/** A batch of images with their classes. */
export interface Batch {
  /** [batch, height, width, channels], normalised. */
  readonly images: Float32Array
  /** [batch, classes], one-hot; rows of zeros beyond `size`. */
  readonly targets: Float32Array
  /** −1 beyond `size`. */
  readonly labels: Int32Array
  /** Number of images, of all workers; the rest of the arrays is padding. */
  readonly size: number
}

/** A source of batches by epoch and step. */
export interface Feed {
  /** Number of batches of an epoch. */
  readonly batches: number
  /** Images a batch, padding counted. */
  readonly batchSize: number
  /** Errors  rejects with a `Fault` where an image cannot be read */
  readonly batch: (epoch: number, step: number) => Promise<Batch>
  /** The same batches with the images and targets of one worker alone; without it a worker reads all. */
  readonly share?: (share: Share) => Feed
}

/** Augments or crops the bytes of the image with this index, before normalisation. */
type Prepare = (image: Uint8Array, index: number) => Uint8Array

const collector = (dataset: Dataset, images: Images, most?: number) => {
  const bytesPerImage = sizeOf(dataset.stored)
  const valuesPerImage = sizeOf(dataset.image)
  const normalise = normaliserOf(dataset)
  return async (indices: Int32Array, prepare: Prepare): Promise<Batch> => {
    const batch = most ?? indices.length
    const bytes = new Uint8Array(indices.length * bytesPerImage)
    await images.read(indices, bytes)
    const pixels = new Float32Array(batch * valuesPerImage)
    const targets = new Float32Array(batch * dataset.classes.length)
    const labels = new Int32Array(batch).fill(-1)
    indices.forEach((index, nth) => {
      const label = elementAt(images.labels, index)
      normalise(
        prepare(bytes.subarray(nth * bytesPerImage, (nth + 1) * bytesPerImage), index),
        pixels,
        nth * valuesPerImage,
      )
      targets[nth * dataset.classes.length + label] = 1
      labels[nth] = label
    })
    return { images: pixels, targets, labels, size: indices.length }
  }
}

/** Options of training batches. */
export interface TrainingOptions {
  readonly batch: number
  readonly seed: number
  /** Whether each batch has the same number of images of every class. */
  readonly balanced?: boolean
  /** Whether images are augmented as the data set says. */
  readonly augment?: boolean
}

/** The draws of an image in an epoch. */
const drawsOf = (seed: number, epoch: number, index: number): Draws => ({
  draw: stream(seed, `augment/${epoch}/${index}`),
  isTurned: () => stream(seed, `turn/${index}`)() < 0.5 !== (epoch % 2 === 1),
})

/**
 * Shuffled training images; the incomplete batch at the end of an epoch is left out.
 *
 * Law  an image's augmentation depends on the seed, the epoch and the image alone
 */
export const trainingFeed = (
  dataset: Dataset,
  { batch, seed, balanced = false, augment = true }: TrainingOptions,
): Feed => {
  const { train, classes } = dataset
  const order = balanced ? balancedOrder(seed, train.labels, classes.length) : shuffleOrder(seed, train.size)
  const collectBatch = collector(dataset, train)
  const distort = augmenter(dataset.stored, dataset.mean, dataset.augment)
  const crop = cropper(dataset)
  const indicesOf = (epoch: number, step: number) => order(epoch).subarray(step * batch, (step + 1) * batch)
  const collect = (indices: Int32Array, epoch: number) =>
    collectBatch(indices, augment ? (image, index) => distort(drawsOf(seed, epoch, index), image) : crop)
  const feed: Feed = {
    batches: Math.floor(train.size / batch),
    batchSize: batch,
    batch: (epoch, step) => collect(indicesOf(epoch, step), epoch),
  }
  const shareBatch =
    ({ rank, workers }: Share): Feed['batch'] =>
    async (epoch, step) => {
      const indices = indicesOf(epoch, step)
      const rows = batch / workers
      const own = await collect(indices.subarray(rank * rows, (rank + 1) * rows), epoch)
      return { ...own, labels: indices.map(index => elementAt(train.labels, index)), size: batch }
    }
  return { ...feed, share: share => ({ ...feed, batch: shareBatch(share) }) }
}

/** All images in order; the last batch may be padded. */
export const evaluationFeed = (
  dataset: Dataset,
  images: Images,
  { batch }: { readonly batch: number },
): Feed => {
  const collectBatch = collector(dataset, images, batch)
  const crop = cropper(dataset)
  return {
    batches: Math.ceil(images.size / batch),
    batchSize: batch,
    batch: (_, step) => {
      const from = step * batch
      const size = Math.min(batch, images.size - from)
      return collectBatch(
        Int32Array.from({ length: size }, (_, nth) => from + nth),
        crop,
      )
    },
  }
}

/**
 * A feed that starts the next `depth` batches with each batch: images are read and decoded in other threads while a
 * training step blocks this one.
 */
export const prefetch =
  (depth: number) =>
  (feed: Feed): Feed => {
    const pending = new Map<number, Promise<Batch>>()
    const startBatch = (nth: number): Promise<Batch> => {
      const batch = pending.get(nth) ?? feed.batch(Math.floor(nth / feed.batches), nth % feed.batches)
      batch.catch(() => undefined) // reported where the batch is awaited, if it ever is
      pending.set(nth, batch)
      return batch
    }
    return {
      ...feed,
      batch: (epoch, step) => {
        const nth = epoch * feed.batches + step
        const batch = startBatch(nth)
        pending.delete(nth)
        for (const started of pending.keys())
          if (started < nth || started > nth + depth) pending.delete(started)
        for (let ahead = 1; ahead <= depth; ahead++) startBatch(nth + ahead)
        return batch
      },
    }
  }
