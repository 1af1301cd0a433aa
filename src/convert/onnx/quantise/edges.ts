/** What the products of a graph read, and what becomes of what they give before another layer reads it. */
import type { OnnxGraph, OnnxNode, Ref } from '../node.js'
import { productsIn } from './products.js'
import { type Readers, readersIn } from './readers.js'

/** The values at which a product's layer begins and ends. */
export interface Edges {
  readonly product: string
  readonly input: Ref
  /** Null where the layer gives an output of the graph, which stays float32. */
  readonly output: Ref | null
}

/** Nodes that a runtime computes together with the product before them. */
const joins = ({ op, inputs: [, second] }: OnnxNode, constants: ReadonlySet<Ref>): boolean =>
  op === 'Relu' || op === 'Clip' || (op === 'Add' && constants.has(second ?? ''))

/** The last of the nodes behind a value that are computed with it. */
const endOf = (name: Ref, readers: Readers, constants: ReadonlySet<Ref>): Ref => {
  const [reader, ...others] = readers.get(name) ?? []
  return reader !== undefined && others.length === 0 && joins(reader, constants)
    ? endOf(reader.name, readers, constants)
    : name
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
