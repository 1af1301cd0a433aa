/** Writes the scaled sums of InceptionResNetV2, a + scale · b, as a sum and a factor. */
import * as t from 'io-ts'
import { finite } from '../../../io/codec.js'
import type { KerasGraph, KerasNode } from './layer-json.js'

const scaledSum = t.type({ scale: finite })

const splitSum = (node: KerasNode): readonly KerasNode[] => {
  const { name, className, config, from } = node
  const [first, second, ...others] = from
  if (className !== 'CustomScaleLayer' || !scaledSum.is(config)) return [node]
  if (first === undefined || second === undefined || others.length > 0) return [node]
  const scaled = `${name}.scale`
  return [
    { ...node, name: scaled, className: 'Rescaling', config: { scale: config.scale }, from: [second] },
    { ...node, className: 'Add', config: {}, from: [first, scaled] },
  ]
}

/** A graph whose scaled sums are sums of a value and a factor's. */
export const splitScaledSums = (graph: KerasGraph): KerasGraph => ({
  ...graph,
  nodes: new Map([...graph.nodes.values()].flatMap(splitSum).map(node => [node.name, node])),
})
