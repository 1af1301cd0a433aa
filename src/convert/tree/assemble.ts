/** Assembles a series of nodes into a stack: a product, its norm and its activation become one layer. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { DecodeError } from '../../io/codec.js'
import type { Layer } from '../../net/tree.js'
import type { ImportError } from '../error.js'
import { fuseInto } from './fuse.js'
import type { LayerNode } from './graph.js'
import { branchAsLayer, joinBranches } from './join.js'
import { type Names, relativeTo } from './names.js'
import type { Join, LeafPart, PadPart, Part, Source, Sources } from './part.js'
import type { Item, Series } from './series.js'
import { groupByName, type Origin, type Subtree, stackSubtrees } from './subtree.js'

/** How a format's nodes are read. */
export interface Reader<N extends LayerNode> {
  /** The names of a path that a node's name stands for. */
  readonly names: (node: N) => Names
  /** What a node of one input becomes. */
  readonly parts: (node: N) => E.Either<ImportError, readonly Part[]>
  /** How a node of several inputs joins them. */
  readonly join: (node: N) => E.Either<ImportError, Join>
  /** The layers that can take padding before them, for people. */
  readonly padded: string
}

/** The subtrees so far, and padding that the next convolution must take. */
interface Assembly<N> {
  readonly done: readonly Subtree[]
  readonly pad: { readonly by: PadPart['by']; readonly node: N } | null
}

type Step<N> = E.Either<ImportError, Assembly<N>>

/** A node whose option differs from those that are supported. */
export const layerDiffers = ({ name, className }: LayerNode, fault: DecodeError): ImportError => ({
  _tag: 'LayerDiffers',
  at: name,
  className,
  fault,
})

const notAGate = (node: LayerNode): ImportError =>
  layerDiffers(node, {
    _tag: 'DecodeError',
    at: 'inputs',
    expected: 'a value and what a branch makes of it',
    got: 'two branches',
  })

const withNodeName = ({ name }: LayerNode, sources: Sources): Sources =>
  Object.fromEntries(
    Object.entries(sources).map(([slot, source]: [string, Source]) => [
      slot,
      source._tag === 'stored' ? { ...source, name: `${name}/${source.name}` } : source,
    ]),
  )

const originOf = (node: LayerNode, { layer, sources, axis }: LeafPart): Origin => ({
  sources: withNodeName(node, sources),
  axes: layer._tag === 'norm' ? [axis] : [],
  className: node.className,
})

const mergeOrigins = (a: Origin, b: Origin): Origin => ({
  sources: { ...a.sources, ...b.sources },
  axes: [...a.axes, ...b.axes],
  className: a.className,
})

/** The subtree with the leaf in its unit; null where the two are not one unit. */
const fuseSubtree = (before: Subtree, { layer }: LeafPart, origin: Origin): Subtree | null => {
  const fused = fuseInto(before.layer, layer)
  if (fused === null) return null
  const whole = mergeOrigins(before.origins.get('') ?? { ...origin, sources: {}, axes: [] }, origin)
  return { ...before, layer: fused, origins: new Map(before.origins).set('', whole) }
}

/** Sequential steps over a list, ended by the first error. */
const foldSteps =
  <N, A>(step: (now: Assembly<N>, each: A) => Step<N>) =>
  (all: readonly A[], start: Assembly<N>): Step<N> =>
    all.reduce<Step<N>>(
      (before, each) => E.flatMap((now: Assembly<N>) => step(now, each))(before),
      E.right(start),
    )

/**
 * Assembles a series with the reader of its format.
 *
 * Errors  those of the reader; LayerDiffers where padding is not followed by a layer that can take it
 */
export const assembler = <N extends LayerNode>(reader: Reader<N>) => {
  /** Padding that the next layer cannot take. */
  const unusedPadding = (node: N, next: string): ImportError =>
    layerDiffers(node, { _tag: 'DecodeError', at: 'next layer', expected: reader.padded, got: next })

  const applyPadding = (
    layer: Layer,
    { pad }: Assembly<N>,
    { className }: N,
  ): E.Either<ImportError, Layer> => {
    if (pad === null) return E.right(layer)
    if (layer._tag !== 'conv' && layer._tag !== 'depthwise') return E.left(unusedPadding(pad.node, className))
    return layer.padding === 'valid'
      ? E.right({ ...layer, padding: pad.by })
      : E.left(unusedPadding(pad.node, `${className} with padding '${layer.padding}'`))
  }

  const addLeaf = (parent: Names, node: N, part: LeafPart, assembly: Assembly<N>): Step<N> => {
    const origin = originOf(node, part)
    const before = assembly.done.at(-1)
    const fused = before === undefined || assembly.pad !== null ? null : fuseSubtree(before, part, origin)
    if (fused !== null) return E.right({ ...assembly, done: [...assembly.done.slice(0, -1), fused] })
    const names = relativeTo(parent, [...reader.names(node), ...part.suffix])
    return pipe(
      applyPadding(part.layer, assembly, node),
      E.map(layer => ({
        done: [...assembly.done, { names, layer, origins: new Map([['', origin]]) }],
        pad: null,
      })),
    )
  }

  const addPart =
    (parent: Names, node: N) =>
    (assembly: Assembly<N>, part: Part): Step<N> => {
      if (part._tag === 'leaf') return addLeaf(parent, node, part, assembly)
      return assembly.pad === null
        ? E.right({ ...assembly, pad: { by: part.by, node } })
        : E.left(unusedPadding(assembly.pad.node, node.className))
    }

  const joinItem = (parent: Names, { node, branches }: Item<N>): E.Either<ImportError, Subtree> => {
    const here = reader.names(node)
    return pipe(
      branches,
      E.traverseArray(branch => assembleSeries(here, branch)),
      E.map(all => all.map((subtrees, nth) => branchAsLayer(`b${nth}`, subtrees))),
      E.flatMap(all =>
        pipe(
          reader.join(node),
          E.map(join => joinBranches(join, relativeTo(parent, here), all)),
          E.flatMap(E.fromNullable(notAGate(node))),
        ),
      ),
    )
  }

  const addItem =
    (parent: Names) =>
    (assembly: Assembly<N>, item: Item<N>): Step<N> => {
      if (item.branches.length === 0)
        return pipe(
          reader.parts(item.node),
          E.flatMap(parts => foldSteps(addPart(parent, item.node))(parts, assembly)),
        )
      return assembly.pad !== null
        ? E.left(unusedPadding(assembly.pad.node, item.node.className))
        : pipe(
            joinItem(parent, item),
            E.map(subtree => ({ done: [...assembly.done, subtree], pad: null })),
          )
    }

  /** The subtrees of a series, with names relative to their parent. */
  const assembleSeries = (parent: Names, series: Series<N>): E.Either<ImportError, readonly Subtree[]> =>
    pipe(
      foldSteps(addItem(parent))(series, { done: [], pad: null }),
      E.flatMap(({ done, pad }) =>
        pad === null ? E.right(done) : E.left(unusedPadding(pad.node, 'the end of a branch')),
      ),
    )

  return (series: Series<N>): E.Either<ImportError, Subtree> =>
    pipe(
      assembleSeries([], series),
      E.map(subtrees => stackSubtrees('', groupByName(subtrees))),
    )
}
