/**
 * Graphs that run one after the other over the same inputs: what a later one shares with those before it is computed once
 * and carried along. What the graphs are for is not known here.
 */

import { type Graph, topologicalOrder, type Value } from '../../graph/graph.js'
import * as op from '../../graph/operations.js'
import { sumBy } from '../../io/count.js'
import { valueAt } from '../../io/element.js'
import { sizeOf } from '../../net/shape.js'

/** Beside a graph that goes on from what others have computed. */
export interface Carried {
  /** The outputs, its own and earlier ones, that later graphs are fed; `null` where they go on from those there were. */
  readonly keeps: readonly string[] | null
}

/** The first graph that computes a value, and the last that reads it to compute another. */
interface Span {
  readonly first: number
  readonly last: number
}

const rootsOf = ({ outputs }: Graph): readonly Value[] => Object.values(outputs)

/** In one pass from the last value to the first, behind which all its readers lie. */
const spansOf = (graphs: readonly Graph[]): ReadonlyMap<Value, Span> => {
  const spans = new Map<Value, Span>()
  const read = (value: Value, by: number): void => {
    const { first = by, last = by } = spans.get(value) ?? {}
    spans.set(value, { first: Math.min(first, by), last: Math.max(last, by) })
  }
  graphs.forEach((graph, nth) => {
    for (const root of rootsOf(graph)) read(root, nth)
  })
  for (const value of topologicalOrder(graphs.flatMap(rootsOf)).toReversed())
    for (const input of value.inputs) read(input, valueAt(spans, value).first)
  return spans
}

/** What is at hand in any graph, or as quick to make as to carry. */
const isAtHand = ({ inputs }: Value): boolean => inputs.length === 0

const bytesOf = (values: readonly Value[]): number => sumBy(values, ({ shape }) => 4 * sizeOf(shape))

type Names = ReadonlyMap<Value, string>

const feedNames = (spans: ReadonlyMap<Value, Span>): Names =>
  new Map(
    [...spans]
      .filter(([value, { first, last }]) => first < last && !isAtHand(value))
      .map(([value], nth) => [value, `carried:${nth}`]),
  )

/** The graph with these values as inputs, and further outputs. */
const goOn = ({ outputs, updates }: Graph, carried: Names, more: Names): Graph => {
  const next = new Map([...carried].map(([value, name]) => [value, op.input(name, value.shape)]))
  const nextOf = (value: Value): Value => next.get(value) ?? value
  const all = [...Object.entries(outputs), ...[...more].map(([value, name]) => [name, value] as const)]
  const inputsOf = (value: Value): readonly Value[] => (carried.has(value) ? [] : value.inputs)
  const roots = all.map(([, value]) => value)
  for (const value of topologicalOrder(roots, inputsOf))
    if (!carried.has(value) && !isAtHand(value))
      next.set(value, { ...value, inputs: value.inputs.map(nextOf) })
  return { outputs: Object.fromEntries(all.map(([name, value]) => [name, nextOf(value)])), updates }
}

/** The values of these that are not among others. */
const without = (names: Names, others: Names): Names =>
  new Map([...names].filter(([value]) => !others.has(value)))

/**
 * Calls whose graphs have no updates, each rewritten to go on from what those before it have computed, where that takes at
 * most so many bytes; where it takes more, from an earlier place. Between two of them variables may change that no value
 * they share has read.
 *
 * Law  run in order, each fed what was kept last, they give what they gave by themselves
 */
export const carryAlong = <C extends { readonly graph: Graph }>(
  calls: readonly C[],
  mostBytes: number,
): readonly (C & Carried)[] => {
  const spans = spansOf(calls.map(({ graph }) => graph))
  const names = feedNames(spans)
  let carried: Names = new Map()
  return calls.map((call, nth) => {
    const live: Names = new Map(
      [...names].filter(([value]) => {
        const { first = 0, last = 0 } = spans.get(value) ?? {}
        return first <= nth && nth < last
      }),
    )
    const isKept = bytesOf([...live.keys()]) <= mostBytes
    const rewritten = goOn(call.graph, carried, isKept ? without(live, carried) : new Map())
    if (isKept) carried = live
    return { ...call, graph: rewritten, keeps: isKept ? [...live.values()] : null }
  })
}
