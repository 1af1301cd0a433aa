/** Which nodes of a graph read a value. */
import type { OnnxNode, Ref } from '../export/node.js'

export type Readers = ReadonlyMap<Ref, readonly OnnxNode[]>

export const readersIn = (nodes: readonly OnnxNode[]): Readers => {
  const readers = new Map<Ref, OnnxNode[]>()
  for (const node of nodes)
    for (const input of new Set(node.inputs)) readers.set(input, [...(readers.get(input) ?? []), node])
  return readers
}
