/** The graphs of all workers as one, whose sums over workers are additions: what a cluster computes, without one. */
import { type Graph, type Value, valuesOf, withInputs } from '../../../src/graph/graph.js'
import * as op from '../../../src/graph/operations.js'

/** The key of a sum over workers; `null` of any other operation. */
const keyOf = ({ op: own }: Value): number | null => (own.kind === 'allReduce' ? own.key : null)

/** The input of one worker. */
export const inputOf = (rank: number, name: string): string => `${rank}:${name}`

type Rebuilt = Map<Value, Value>

const rebuild = (rank: number, rebuilt: Rebuilt, value: Value): void => {
  const inputs = value.inputs.map(each => rebuilt.get(each) as Value) // inputs come first
  rebuilt.set(
    value,
    value.op.kind === 'input'
      ? op.input(inputOf(rank, value.op.name), value.shape)
      : withInputs(value, inputs, value.shape),
  )
}

/** Rebuilds all that needs no sum still to come. */
const rebuildAll = (rank: number, rebuilt: Rebuilt, graph: Graph): void => {
  for (const value of valuesOf(graph))
    if (!rebuilt.has(value) && keyOf(value) === null && value.inputs.every(input => rebuilt.has(input)))
      rebuild(rank, rebuilt, value)
}

/** Outputs are those of each worker, as `rank:name`; updates those of the first. */
export const together = (graphs: readonly Graph[]): Graph => {
  const rebuilt = graphs.map((): Rebuilt => new Map())
  const sums = graphs.map(graph => valuesOf(graph).filter(value => keyOf(value) !== null))
  const keys = new Set(sums.flat().map(keyOf))
  for (const key of [...keys].toSorted((a, b) => (a ?? 0) - (b ?? 0))) {
    graphs.forEach((graph, rank) => {
      rebuildAll(rank, rebuilt[rank] as Rebuilt, graph)
    })
    const all = sums.map(each => each.find(sum => keyOf(sum) === key) as Value) // the same keys everywhere
    const parts = all.map((each, rank) => rebuilt[rank]?.get(each.inputs[0] as Value) as Value) // rebuilt above
    const sum = parts.reduce((a, b) => op.add(a, b))
    all.forEach((each, rank) => {
      rebuilt[rank]?.set(each, sum)
    })
  }
  graphs.forEach((graph, rank) => {
    rebuildAll(rank, rebuilt[rank] as Rebuilt, graph)
  })
  const at = (rank: number, value: Value): Value => rebuilt[rank]?.get(value) as Value // all are rebuilt
  return {
    outputs: Object.fromEntries(
      graphs.flatMap((graph, rank) =>
        Object.entries(graph.outputs).map(([name, value]) => [inputOf(rank, name), at(rank, value)]),
      ),
    ),
    updates: graphs[0]?.updates.map(update => at(0, update)) ?? [],
  }
}
