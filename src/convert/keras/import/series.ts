/** From a graph of layers back to a tree: layers one after another, some of which join branches that began together. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { ImportError, Tangle } from '../../error.js'
import type { KerasGraph, KerasNode } from './graph.js'

/** A layer in its series; one that takes several inputs has the branches that lead to them. */
export interface Item {
  readonly node: KerasNode
  readonly branches: readonly Series[]
}

export type Series = readonly Item[]

const tangled = (at: string, reason: Tangle): E.Either<ImportError, never> =>
  E.left({ _tag: 'NotATree', at, reason })

/** Every layer that leads to the end, what it takes before it. */
const ordered = ({ nodes, start, end }: KerasGraph): E.Either<ImportError, readonly KerasNode[]> => {
  const done = new Set<string>()
  const open = new Set<string>()
  const order: KerasNode[] = []
  const waiting = [end]
  while (waiting.length > 0) {
    const name = waiting.at(-1) ?? ''
    const node = nodes.get(name)
    if (node === undefined) return tangled(name, 'unknown input')
    if (node.from.length === 0 && name !== start) return tangled(name, 'not one input')
    const missing = done.has(name) ? [] : node.from.filter(input => !done.has(input))
    if (missing.length > 0) {
      const back = missing.find(input => open.has(input))
      if (open.has(name) || back !== undefined) return tangled(back ?? name, 'circle')
      open.add(name)
      waiting.push(...missing)
      continue
    }
    waiting.pop()
    open.delete(name)
    if (!done.has(name)) order.push(node)
    done.add(name)
  }
  return E.right(order)
}

/** The nearest layer that everything on the way from the start to a layer's inputs passes. */
type Forks = ReadonlyMap<string, string>

/** Source  Cooper, Harvey, Kennedy 2001: dominators of a graph in topological order */
const forksOf = (order: readonly KerasNode[]): Forks => {
  const forks = new Map<string, string>()
  const depth = new Map<string, number>()
  const at = (name: string) => depth.get(name) ?? 0
  const meet = (a: string, b: string): string => {
    let [left, right] = [a, b]
    while (left !== right) {
      if (at(left) >= at(right)) left = forks.get(left) ?? ''
      else right = forks.get(right) ?? ''
    }
    return left
  }
  for (const { name, from } of order) {
    const [first = name, ...others] = from
    const fork = others.reduce(meet, first)
    forks.set(name, fork)
    depth.set(name, from.length === 0 ? 0 : at(fork) + 1)
  }
  return forks
}

/**
 * The series from the start of a graph to its end.
 *
 * Errors  NotATree where a branch is entered or left on the way, or layers lead in a circle
 * Law     every layer that leads to the end stands in it once
 */
export const seriesOf = (graph: KerasGraph): E.Either<ImportError, Series> =>
  pipe(
    ordered(graph),
    E.flatMap(order => {
      const forks = forksOf(order)
      const seen = new Set<string>()
      let crossing: string | undefined

      const between = (start: string, end: string): Series => {
        const items: Item[] = []
        for (let name = end; name !== start && crossing === undefined; ) {
          const node = graph.nodes.get(name) as KerasNode // among those in order
          const fork = forks.get(name) ?? start
          if (seen.has(name)) crossing = name
          seen.add(name)
          items.push({
            node,
            branches: node.from.length > 1 ? node.from.map(input => between(fork, input)) : [],
          })
          name = fork
        }
        return items.reverse()
      }

      const series = between(graph.start, graph.end)
      return crossing === undefined ? E.right(series) : tangled(crossing, 'crossing')
    }),
  )
