/** Names that stand for the output of another layer. */
import type { KerasGraph, KerasNode } from './layer-json.js'

export type Aliases = ReadonlyMap<string, string>

/** The layer whose output a name stands for; a name that leads back to itself stays. */
const resolveIn =
  (aliases: Aliases) =>
  (name: string): string => {
    let found = name
    for (let steps = 0; steps <= aliases.size; steps++) {
      const next = aliases.get(found)
      if (next === undefined) return found
      found = next
    }
    return name
  }

/** A graph without names that stand for others. */
export const resolveAliases =
  (aliases: Aliases) =>
  (graph: KerasGraph): KerasGraph => {
    const resolve = resolveIn(aliases)
    const nodes = [...graph.nodes.values()].flatMap((node): readonly (readonly [string, KerasNode])[] =>
      aliases.has(node.name) ? [] : [[node.name, { ...node, from: node.from.map(resolve) }]],
    )
    return { ...graph, nodes: new Map(nodes), end: resolve(graph.end) }
  }
