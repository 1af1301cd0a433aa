/** Assembles a series of nodes into a stack: a product, its norm and its activation become one layer. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { DecodeError } from '../../io/codec.js'
import type { ImportError } from '../error.js'
import { fuseInto } from './fuse.js'
import type { LayerNode } from './graph.js'
import { branchAsLayer, joinBranches } from './join.js'
import { type Names, relativeTo } from './names.js'
import { padSubtree, takePadding } from './padding.js'
import type { Join, LeafPart, Part, Source, Sources } from './part.js'
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
}

/** The subtrees so far, in a list that grows in place, and zeros that the next layer may take as its padding. */
interface Assembly {
  readonly done: Subtree[]
  readonly pad: Subtree | null
}

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
  axes: layer._tag === 'norm' || layer._tag === 'layerNorm' ? [axis] : [],
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

/** The subtrees, with zeros that no layer took as a layer of their own. */
const settle = ({ done, pad }: Assembly): Subtree[] => {
  if (pad !== null) done.push(pad)
  return done
}

/**
 * Assembles a series with the reader of its format.
 *
 * Errors  those of the reader
 */
export const assembler = <N extends LayerNode>(reader: Reader<N>) => {
  const addLeaf = (parent: Names, node: N, part: LeafPart, assembly: Assembly): Assembly => {
    const origin = originOf(node, part)
    const padded =
      assembly.pad === null ? null : takePadding(part.layer, assembly.pad.layer, assembly.done.at(-1)?.layer)
    const done = padded === null ? settle(assembly) : assembly.done
    const before = done.at(-1)
    const fused = before === undefined || padded !== null ? null : fuseSubtree(before, part, origin)
    if (fused !== null) {
      done.splice(-1, 1, fused)
      return { done, pad: null }
    }
    const names = relativeTo(parent, [...reader.names(node), ...part.suffix])
    done.push({ names, layer: padded ?? part.layer, origins: new Map([['', origin]]) })
    return { done, pad: null }
  }

  const addPart =
    (parent: Names, node: N) =>
    (assembly: Assembly, part: Part): Assembly =>
      part._tag === 'leaf'
        ? addLeaf(parent, node, part, assembly)
        : { done: settle(assembly), pad: padSubtree(relativeTo(parent, reader.names(node)), node, part) }

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
    (parent: Names, { node, branches }: Item<N>) =>
    (assembly: Assembly): E.Either<ImportError, Assembly> =>
      branches.length === 0
        ? pipe(
            reader.parts(node),
            E.map(parts => parts.reduce(addPart(parent, node), assembly)),
          )
        : pipe(
            joinItem(parent, { node, branches }),
            E.map(subtree => {
              const done = settle(assembly)
              done.push(subtree)
              return { done, pad: null }
            }),
          )

  /** The subtrees of a series, with names relative to their parent. */
  const assembleSeries = (parent: Names, series: Series<N>): E.Either<ImportError, readonly Subtree[]> =>
    pipe(
      series.reduce<E.Either<ImportError, Assembly>>(
        (before, item) => E.flatMap(addItem(parent, item))(before),
        E.right({ done: [], pad: null }),
      ),
      E.map(settle),
    )

  return (series: Series<N>): E.Either<ImportError, Subtree> =>
    pipe(
      assembleSeries([], series),
      E.map(subtrees => stackSubtrees('', groupByName(subtrees))),
    )
}
