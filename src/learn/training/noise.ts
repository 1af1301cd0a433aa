/** The noise of dropout. */
import type { Feeds } from '../../engine/engine.js'
import { type Graph, inputsOf } from '../../graph/graph.js'
import { stream } from '../../net/random.js'
import { sizeOf } from '../../net/shape.js'

/** Uniform numbers for every dropout layer, a function of the seed and the step alone. */
export const noiseFor = (graph: Graph, seed: number): ((step: number) => Feeds) => {
  const inputs = Object.entries(inputsOf(graph)).filter(([name]) => name.startsWith('noise/'))
  return step =>
    Object.fromEntries(
      inputs.map(([name, shape]) => [
        name,
        Float32Array.from({ length: sizeOf(shape) }, stream(seed, `${name}/${step}`)),
      ]),
    )
}
