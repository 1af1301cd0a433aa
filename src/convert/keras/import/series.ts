/** Turns a graph of layers into a tree: a series of layers, some of which join branches. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { ImportError, NotATreeReason } from '../../error.js'
import type { KerasGraph, KerasNode } from './graph.js'

/** A layer of a series; one with several inputs has a branch for each. */
export interface Item {
  readonly node: KerasNode
  readonly branches: readonly Series[]
}

export type Series = readonly Item[]

const notATree = (at: string, reason: NotATreeReason): E.Either<ImportError, never> =>
  E.left({ _tag: 'NotATree', at, reason })

/** The layers that lead to the output, each after its inputs. */
const topologicalOrder = ({ nodes, start, end }: KerasGraph): E.Either<ImportError, readonly KerasNode[]> => {
  const done = new Set<string>()
  const open = new Set<string>()
  const order: KerasNode[] = []
  const stack = [end]
  while (stack.length > 0) {
    const name = stack.at(-1) ?? ''
    const node = nodes.get(name)
    if (node === undefined) return notATree(name, 'unknown input')
    if (node.from.length === 0 && name !== start) return notATree(name, 'not one input')
    const missing = done.has(name) ? [] : node.from.filter(input => !done.has(input))
    if (missing.length > 0) {
      const back = missing.find(input => open.has(input))
      if (open.has(name) || back !== undefined) return notATree(back ?? name, 'circle')
      open.add(name)
      stack.push(...missing)
      continue
    }
    stack.pop()
    open.delete(name)
    if (!done.has(name)) order.push(node)
    done.add(name)
  }
  return E.right(order)
}

/** By layer, its immediate dominator: the last layer that every path from the input to it passes. */
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
 * The series from the input of a graph to its output.
 *
 * Errors  NotATree where branches cross, or layers form a cycle
 * Law     holds every layer that leads to the output once
 */
export const seriesOf = (graph: KerasGraph): E.Either<ImportError, Series> =>
  pipe(
    topologicalOrder(graph),
    E.flatMap(order => {
      const forks = forksOf(order)
      const visited = new Set<string>()
      let crossing: string | undefined

      const between = (start: string, end: string): Series => {
        const items: Item[] = []
        for (let name = end; name !== start && crossing === undefined; ) {
          const node = graph.nodes.get(name) as KerasNode // among those in order
          const fork = forks.get(name) ?? start
          if (visited.has(name)) crossing = name
          visited.add(name)
          items.push({
            node,
            branches: node.from.length > 1 ? node.from.map(input => between(fork, input)) : [],
          })
          name = fork
        }
        return items.reverse()
      }

      const series = between(graph.start, graph.end)
      return crossing === undefined ? E.right(series) : notATree(crossing, 'crossing')
    }),
  )
