/** The inputs of each step of a phase. */
import type { Batch } from '../../data/pipeline/batches.js'
import type { Feeds } from '../../engine/engine.js'
import { type Graph, inputsOf } from '../../graph/graph.js'
import { stream } from '../../net/random.js'
import { sizeOf } from '../../net/shape.js'
import type { Phase } from './phase.js'

/** Uniform numbers for every dropout layer, a function of the seed and the step alone. */
const noiseFor = (graph: Graph, seed: number): ((step: number) => Feeds) => {
  const inputs = Object.entries(inputsOf(graph)).filter(([name]) => name.startsWith('noise/'))
  return step =>
    Object.fromEntries(
      inputs.map(([name, shape]) => [
        name,
        Float32Array.from({ length: sizeOf(shape) }, stream(seed, `${name}/${step}`)),
      ]),
    )
}

/** The inputs of the `nth` step of a phase, with its batch. */
export const feedsOf = (phase: Phase): ((batch: Batch, nth: number) => Feeds) => {
  const noise = noiseFor(phase.calls.train, phase.seed)
  const { accumulate = 1 } = phase
  const steps = (phase.training.batches * phase.epochs) / accumulate
  return ({ images, targets }, nth) => ({
    images,
    targets,
    ...noise(nth),
    ...phase.feeds(Math.floor(nth / accumulate), steps),
  })
}
