/** What the products of a graph read, and what becomes of what they give before another layer reads it. */
import type { OnnxGraph, OnnxNode, Ref } from '../export/node.js'
import { productsIn } from './products.js'
import { type Readers, readersIn } from './readers.js'

/** The values at which a product's layer begins and ends. */
export interface Edges {
  readonly product: string
  readonly input: Ref
  /** Null where the layer gives an output of the graph, which stays float32. */
  readonly output: Ref | null
}

/** The only node that reads a value, if it is of this kind. */
const onlyReader = (name: Ref, readers: Readers, isKind: (node: OnnxNode) => boolean): OnnxNode | null => {
  const [reader, ...others] = readers.get(name) ?? []
  return reader !== undefined && others.length === 0 && isKind(reader) ? reader : null
}

const isBounded = ({ op }: OnnxNode): boolean => op === 'Relu' || op === 'Clip'

/** The last of what a runtime computes together: a product, the addition of a constant, and one bound; onnxruntime fails at two. */
const endOf = (name: Ref, readers: Readers, constants: ReadonlySet<Ref>): Ref => {
  const isBiased = ({ op, inputs: [, second = ''] }: OnnxNode) => op === 'Add' && constants.has(second)
  const biased = onlyReader(name, readers, isBiased)?.name ?? name
  return onlyReader(biased, readers, isBounded)?.name ?? biased
}

const isOutput = (name: Ref, readers: Readers): boolean =>
  readers.get(name)?.some(({ op }) => op === 'Identity') ?? false

export const edgesIn = (graph: OnnxGraph): readonly Edges[] => {
  const readers = readersIn(graph.nodes)
  const constants = new Set(graph.constants.map(({ name }) => name))
  return productsIn(graph).map(({ node: { name, inputs } }) => {
    const end = endOf(name, readers, constants)
    return { product: name, input: inputs[0] ?? '', output: isOutput(end, readers) ? null : end }
  })
}
