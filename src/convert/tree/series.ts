/** Turns a graph of layers into a tree: a series of layers, some of which join branches. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { maxDepth, mostLayers } from '../../net/limits/limits.js'
import type { ImportError } from '../error.js'
import { type LayerGraph, type LayerNode, notATree } from './graph.js'

/** A layer of a series; one with several inputs has a branch for each. */
export interface Item<N extends LayerNode> {
  readonly node: N
  readonly branches: readonly Series<N>[]
}

export type Series<N extends LayerNode> = readonly Item<N>[]

/** The layers that lead to the output, each after its inputs. */
export const topologicalOrder = <N extends LayerNode>({
  nodes,
  start,
  end,
}: LayerGraph<N>): E.Either<ImportError, readonly N[]> => {
  const done = new Set<string>()
  const open = new Set<string>()
  const order: N[] = []
  const stack = [end]
  while (stack.length > 0) {
    const name = stack.at(-1) ?? ''
    const node = nodes.get(name)
    if (node === undefined) return E.left(notATree(name, 'unknown input'))
    if (node.from.length === 0 && name !== start) return E.left(notATree(name, 'not one input'))
    const missing = done.has(name) ? [] : node.from.filter(input => !done.has(input))
    if (missing.length > 0) {
      const back = missing.find(input => open.has(input))
      if (open.has(name) || back !== undefined) return E.left(notATree(back ?? name, 'circle'))
      open.add(name)
      for (const input of missing) stack.push(input)
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
const forksOf = (order: readonly LayerNode[]): Forks => {
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

/** The layers between a fork and one behind it, the last first. */
const chainTo = (forks: Forks, fork: string, end: string): readonly string[] => {
  const chain: string[] = []
  for (let name = end; name !== fork; name = forks.get(name) ?? fork) chain.push(name)
  return chain
}

/** Neighbouring inputs whose branches begin with the same layer. */
const runsOf = (forks: Forks, fork: string, inputs: readonly string[]): readonly (readonly string[])[] => {
  const runs: { readonly first: string | undefined; readonly inputs: string[] }[] = []
  for (const input of inputs) {
    const first = chainTo(forks, fork, input).at(-1)
    const last = runs.at(-1)
    if (last !== undefined && first !== undefined && last.first === first) last.inputs.push(input)
    else runs.push({ first, inputs: [input] })
  }
  return runs.map(run => run.inputs)
}

/** The last layer that the ways from a fork to each of these pass. */
const commonEnd = (forks: Forks, fork: string, inputs: readonly string[]): string => {
  const [first = [], ...others] = inputs.map(input => chainTo(forks, fork, input))
  const passed = others.map(chain => new Set(chain))
  return first.find(name => passed.every(chain => chain.has(name))) ?? fork
}

/** A walk back from outputs to forks; the first layer that no tree can hold ends it. */
interface Walk<N extends LayerNode> {
  readonly nodes: LayerGraph<N>['nodes']
  readonly forks: Forks
  readonly visited: Set<string>
  items: number
  fault: ImportError | null
}

/** A layer with weights belongs to one branch; one without is copied into each. */
const visit = <N extends LayerNode>(walk: Walk<N>, { name, isCopyable }: N): void => {
  walk.items += 1
  if (walk.visited.has(name) && !isCopyable) walk.fault = notATree(name, 'crossing')
  if (walk.items > mostLayers)
    walk.fault = { _tag: 'TooMany', at: name, what: 'layers', got: walk.items, most: mostLayers }
  walk.visited.add(name)
}

const seriesBetween = <N extends LayerNode>(
  walk: Walk<N>,
  start: string,
  end: string,
  level: number,
): Series<N> => {
  const series: Item<N>[] = []
  if (level > maxDepth) walk.fault = { _tag: 'TooMany', at: end, what: 'levels', got: level, most: maxDepth }
  for (let name = end; name !== start && walk.fault === null; ) {
    const node = walk.nodes.get(name) as N // among those in order
    const fork = walk.forks.get(name) ?? start
    visit(walk, node)
    series.push({
      node,
      branches: node.from.length > 1 ? branchesOf(walk, node, fork, node.from, level + 1) : [],
    })
    name = fork
  }
  return series.reverse()
}

/** Branches that begin alike become one, which ends in a join of its own. */
const branchesOf = <N extends LayerNode>(
  walk: Walk<N>,
  node: N,
  fork: string,
  inputs: readonly string[],
  level: number,
): readonly Series<N>[] => {
  if (walk.fault !== null) return []
  return runsOf(walk.forks, fork, inputs).map(run => {
    const [only = fork, ...others] = run
    if (others.length === 0) return seriesBetween(walk, fork, only, level)
    const common = commonEnd(walk.forks, fork, run)
    const join = { node, branches: branchesOf(walk, node, common, run, level + 1) }
    return [...seriesBetween(walk, fork, common, level), join]
  })
}

/**
 * The series from the input of a graph to its output.
 *
 * Errors  NotATree where branches cross in a layer that cannot be copied, or layers form a cycle; TooMany levels or layers
 * Law     holds every layer that leads to the output once, and copyable ones once for each branch that reads them
 */
export const seriesOf = <N extends LayerNode>(graph: LayerGraph<N>): E.Either<ImportError, Series<N>> =>
  pipe(
    topologicalOrder(graph),
    E.flatMap((order): E.Either<ImportError, Series<N>> => {
      const { nodes, start, end } = graph
      const walk: Walk<N> = { nodes, forks: forksOf(order), visited: new Set(), items: 0, fault: null }
      const series = seriesBetween(walk, start, end, 0)
      return walk.fault === null ? E.right(series) : E.left(walk.fault)
    }),
  )
