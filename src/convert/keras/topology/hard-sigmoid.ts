/** Finds hard sigmoids that are written as relu6(x + 3) / 6, and makes each one layer. */
import * as t from 'io-ts'
import type { KerasGraph, KerasNode } from './layer-json.js'

/** The class of such a layer; Keras has none of this name. */
export const hardSigmoidClass = 'HardSigmoid'

const relu6 = t.type({ max_value: t.literal(6) })

const isClose = (a: number, b: number): boolean => Math.abs(a - b) < 1e-6

/** The input x of a hard sigmoid that ends in this layer; null where none does. */
const hardSigmoidInput = (graph: KerasGraph, node: KerasNode): readonly string[] | null => {
  const single = ({ from, numbers }: KerasNode, count: number): KerasNode | undefined =>
    from.length === 1 && numbers.length === count ? graph.nodes.get(from[0] ?? '') : undefined
  if (node.className !== 'Multiply' || !isClose(node.numbers[0] ?? 0, 1 / 6)) return null
  const clipped = single(node, 1)
  if (clipped?.className !== 'ReLU' || !relu6.is(clipped.config)) return null
  const sum = single(clipped, 0)
  return sum?.className === 'Add' && sum.from.length === 1 && isClose(sum.numbers[0] ?? 0, 3)
    ? sum.from
    : null
}

/** A graph whose hard sigmoids are single layers. */
export const fuseHardSigmoids = (graph: KerasGraph): KerasGraph => ({
  ...graph,
  nodes: new Map(
    [...graph.nodes].map(([name, node]) => {
      const from = hardSigmoidInput(graph, node)
      return [name, from === null ? node : { ...node, className: hardSigmoidClass, from, numbers: [] }]
    }),
  ),
})
