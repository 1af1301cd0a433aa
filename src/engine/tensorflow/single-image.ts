/** The threads of a session: a single image is quicker with fewer of them. */
import { type Graph, type Program, type Value, valuesOf } from '../../graph/graph.js'
import { macsIn } from '../../graph/macs.js'
import { sumBy } from '../../io/count.js'
import type { SessionOptions } from './config.js'

/**
 * Multiply–accumulates up to which one thread is as fast as two, whose hand-over of each operation costs more than it saves.
 * Measured with TensorFlow's operations: LeNet (2 million) takes a fifth of the time on one thread, Inception of 20 million
 * three fifths, ResNet-20 of 41 million as long. With the addon's: LeNet three fifths, Inception of 20 to 29 million as long or less.
 */
const most = { own: 30_000_000, others: 40_000_000 }

/** Whether a value is fed with more than one image. */
const isBatch = ({ op, shape }: Value): boolean => op.kind === 'input' && shape[0] !== 1

/** Whether all calls of a program infer from one image. */
const isOfOneImage = (graphs: readonly Graph[]): boolean =>
  graphs.every(({ updates }) => updates.length === 0) && !graphs.flatMap(valuesOf).some(isBatch)

/** What there is to run a session with. */
interface Means {
  readonly threads: number
  /** Whether convolutions are the addon's. */
  readonly hasKernels: boolean
}

/**
 * How a session runs fastest. The operations of a single image run one after another on the caller's thread where that one
 * does all the work, and where the addon's share it with threads that wait for it.
 */
export const optionsFor = (program: Program, { threads, hasKernels }: Means): SessionOptions => {
  const graphs = Object.values(program)
  if (!isOfOneImage(graphs)) return { threads }
  const isSmall = sumBy(graphs, macsIn) <= (hasKernels ? most.own : most.others)
  if (isSmall) return { threads: 1, serial: true }
  return hasKernels ? { threads, serial: true } : { threads }
}
