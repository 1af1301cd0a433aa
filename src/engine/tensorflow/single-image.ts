/** Which programs one thread runs sooner than several: those of a single image through a small net. */
import { type Program, type Value, valuesOf } from '../../graph/graph.js'
import { macsIn } from '../../graph/macs.js'
import { sumBy } from '../../io/count.js'

/**
 * Multiply–accumulates up to which one thread is as fast as two, whose hand-over of each operation costs more than it saves.
 * Measured with oneDNN on cores with AVX-512: LeNet (2 million) takes a fifth of the time on one thread, MobileNet v2 of 88
 * million two fifths, DenseNet-40 of 265 million three quarters, a pruned GoogLeNet of 339 million as long.
 */
const most = 300_000_000

/** Whether a value is fed with more than one image. */
const isBatch = ({ op, shape }: Value): boolean => op.kind === 'input' && shape[0] !== 1

/** Whether all calls of a program infer from one image, and with little work. */
export const isSmallInference = (program: Program): boolean => {
  const graphs = Object.values(program)
  return (
    graphs.every(({ updates }) => updates.length === 0) &&
    !graphs.flatMap(valuesOf).some(isBatch) &&
    sumBy(graphs, macsIn) <= most
  )
}
