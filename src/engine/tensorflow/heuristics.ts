/** What runs fastest, as measured: how many threads, and whose kernels. */
import { type Graph, type Program, type Value, valuesOf } from '../../graph/graph.js'
import { macsIn } from '../../graph/macs.js'
import { sumBy } from '../../io/count.js'
import type { SessionOptions } from './config.js'

/**
 * Multiply–accumulates up to which one thread is as fast as two with TensorFlow's operations: the hand-over of each costs more
 * than it saves. Measured: LeNet (2 million) takes a fifth of the time on one thread, Inception of 20 million three fifths,
 * ResNet-20 of 41 million as long.
 */
const mostOnOneThread = 40_000_000

/** The most images that values are fed with. */
export const imagesIn = (values: readonly Value[]): number =>
  values.reduce(
    (most, { op, shape: [images = 1, ...rest] }) =>
      op.kind === 'input' && rest.length === 3 ? Math.max(most, images) : most,
    1,
  )

/**
 * Images of a part of a batch: few stay in a core's cache, many cost the fewest calls of operations. Measured on a core with
 * AVX-512, the time of 64 images at once over that of them in parts of 32 and of 16: 0.9 and 0.8 with less than a million
 * multiply–accumulates an image, 1.0 to 1.2 and 1.0 to 1.3 from 7 to 339 million. With TensorFlow's operations on one with
 * AVX2 1.0 to 1.1 and 0.8 to 1.1.
 */
const mostOfPart = { few: 16, many: 32 }

/** Multiply–accumulates an image from which the addon's operations are quicker for the fewer images. */
const fewestByFew = 5_000_000

/** Whether there are as few images as a part has. */
export const hasFewImages = (values: readonly Value[]): boolean => imagesIn(values) <= mostOfPart.many

const isInference = (graphs: readonly Graph[]): boolean => graphs.every(({ updates }) => updates.length === 0)

/** Whether all calls of a program infer from one image. */
const isOfOneImage = (graphs: readonly Graph[]): boolean =>
  isInference(graphs) && imagesIn(graphs.flatMap(valuesOf)) === 1

/** What there is to run a session with. */
interface Means {
  readonly threads: number
  /** Whether convolutions are the addon's. */
  readonly hasKernels: boolean
}

/**
 * How a session runs fastest. The operations of a single image run one after another on the caller's thread: the addon's, which
 * share their work with threads that wait for it, and TensorFlow's in a small net.
 */
export const optionsFor = (program: Program, { threads, hasKernels }: Means): SessionOptions => {
  const graphs = Object.values(program)
  if (!isOfOneImage(graphs)) return { threads }
  if (hasKernels) return { threads, serial: true }
  return sumBy(graphs, macsIn) <= mostOnOneThread ? { threads: 1, serial: true } : { threads }
}

/** Multiply–accumulates an image up to which the addon's convolutions are as fast as TensorFlow's where there are many images. */
const mostOfBatch = 60_000_000

/**
 * Whether to fuse a program's convolutions: those of few images always; of many in small nets.
 * Measured on a core with AVX-512, the time of single operations over that of fused ones: one image 1.1 to 6.7; 64 images 1.4
 * to 1.6 below 1 million, 1.0 to 1.4 at 3 to 41 million, 0.9 to 1.1 at 66 to 339 million.
 */
export const isFusingQuicker = (program: Program): boolean => {
  const graphs = Object.values(program)
  const values = graphs.flatMap(valuesOf)
  return hasFewImages(values) || sumBy(graphs, macsIn) <= mostOfBatch * imagesIn(values)
}

/** Into how many equal parts to split the images of each call, which threads compute at once; 1: not at all. */
export const partsFor = (program: Program, { threads, hasKernels }: Means): number => {
  const graphs = Object.values(program)
  if (!isInference(graphs)) return 1
  const images = imagesIn(graphs.flatMap(valuesOf))
  const isQuickByFew = hasKernels && sumBy(graphs, macsIn) >= fewestByFew * images
  const wanted = Math.max(threads, Math.ceil(images / (isQuickByFew ? mostOfPart.few : mostOfPart.many)))
  const parts = Array.from({ length: wanted }, (_, nth) => wanted + nth).find(count => images % count === 0)
  return parts ?? 1
}
