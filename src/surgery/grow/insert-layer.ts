/** Inserts a new layer into the tree: names and paths, no weights. */
import * as E from 'fp-ts/lib/Either.js'
import { editLayers, layersOf } from '../../net/layers.js'
import { childPath, isInside, lastName, type Path, parentPath } from '../../net/path.js'
import type { Layer, Net, Stack } from '../../net/tree.js'
import { nameLayers, withName } from '../../net/words/combinators.js'
import type { GrowError } from '../error.js'
import type { Growth } from './options.js'
import { siteAddress, sitePath } from './site.js'

/** A net with a new layer in it. */
export interface Placement {
  readonly net: Net
  /** The new layer's path. */
  readonly at: Path
  /** A single layer that had to become a stack lies one name deeper now; null where none had to. */
  readonly moved: { readonly from: Path; readonly to: Path } | null
}

type InsertGrowth = Exclude<Growth, { readonly widen: Path }>

const replaceLayer = (net: Net, at: Path, layer: Layer): Net =>
  editLayers((each, path) => (path === at ? layer : each))(net)

/** The layers with one more at `index`, named after its kind where it has no name. */
const insertAt = (layers: readonly Layer[], index: number, layer: Layer): readonly Layer[] =>
  nameLayers(layers.toSpliced(index, 0, layer))

const insertIntoStack = (net: Net, path: Path, stack: Stack, index: number, module: Layer): Placement => {
  const layers = insertAt(stack.layers, index, module)
  const at = childPath(path, layers[index]?.name ?? '')
  return { net: replaceLayer(net, path, { ...stack, layers }), at, moved: null }
}

/** Replaces a layer by a stack of its name that holds it and the new one, before or behind it. */
const wrapInStack = (net: Net, path: Path, layer: Layer, index: 0 | 1, module: Layer): Placement => {
  const layers = insertAt([{ ...layer, name: '' }], index, module)
  const to = childPath(path, layers[1 - index]?.name ?? '')
  return {
    net: replaceLayer(net, path, { _tag: 'stack', name: layer.name, layers }),
    at: childPath(path, layers[index]?.name ?? ''),
    moved: { from: path, to },
  }
}

/** Beside a layer: in its parent where that is a stack, in itself where it is one, else in a new one for the two. */
const insertBeside = (
  net: Net,
  path: Path,
  index: 0 | 1,
  module: Layer,
  layers: ReadonlyMap<Path, Layer>,
): Placement => {
  const [layer, parent] = [layers.get(path) as Layer, layers.get(parentPath(path))] // the caller knows the path
  if (path !== '' && parent?._tag === 'stack') {
    const place = parent.layers.findIndex(({ name }) => name === lastName(path))
    return insertIntoStack(net, parentPath(path), parent, place + index, module)
  }
  return layer._tag === 'stack'
    ? insertIntoStack(net, path, layer, index === 0 ? 0 : layer.layers.length, module)
    : wrapInStack(net, path, layer, index, module)
}

const wrongPlace = (at: Path, layer: Layer, expected: string): E.Either<GrowError, never> =>
  E.left({ _tag: 'WrongPlace', at, got: layer._tag, expected })

/**
 * Inserts a new layer where the growth says.
 *
 * Errors  UnknownPath, WrongPlace, WrongOption; whether it fits, `infer` checks
 * Law     no other layer's path changes, but that of one that becomes a stack
 */
export const insertLayer =
  (growth: InsertGrowth) =>
  (net: Net): E.Either<GrowError, Placement> => {
    const layers = layersOf(net)
    const [where, path] = siteAddress(growth)
    const layer = layers.get(path)
    if (layer === undefined) return E.left({ _tag: 'UnknownPath', at: path, where })
    if ('after' in growth) return E.right(insertBeside(net, path, 1, growth.module, layers))
    if ('before' in growth) return E.right(insertBeside(net, path, 0, growth.module, layers))
    if ('inside' in growth) return insertInside(net, path, layer, growth.at, growth.module)
    if ('deepen' in growth)
      return E.right(
        layer._tag === 'stack'
          ? insertIntoStack(net, path, layer, layer.layers.length, growth.module)
          : wrapInStack(net, path, layer, 1, growth.module),
      )
    if (layer._tag !== 'concat') return wrongPlace(path, layer, 'concat')
    const branches = insertAt(layer.branches, layer.branches.length, growth.branch)
    return E.right({
      net: replaceLayer(net, path, { ...layer, branches }),
      at: childPath(path, branches.at(-1)?.name ?? ''),
      moved: null,
    })
  }

const insertInside = (
  net: Net,
  path: Path,
  layer: Layer,
  index: number | undefined,
  module: Layer,
): E.Either<GrowError, Placement> => {
  if (layer._tag !== 'stack') return wrongPlace(path, layer, 'stack')
  const { length } = layer.layers
  const at = index ?? length
  return Number.isInteger(at) && at >= 0 && at <= length
    ? E.right(insertIntoStack(net, path, layer, at, module))
    : E.left({ _tag: 'WrongOption', option: 'at', got: at, expected: `a whole number from 0 to ${length}` })
}

const layersInStack = (layer: Layer | undefined): readonly Layer[] =>
  layer?._tag === 'stack' ? layer.layers : []

/** The siblings a new layer would have; none where it and a single layer would get a stack of their own. */
const siblingsOf = (growth: InsertGrowth, net: Net): readonly Layer[] => {
  const layers = layersOf(net)
  const path = sitePath(growth)
  const [layer, parent] = [layers.get(path), layers.get(parentPath(path))]
  if ('to' in growth) return layer?._tag === 'concat' ? layer.branches : []
  const beside = 'after' in growth || 'before' in growth
  return beside && path !== '' && parent?._tag === 'stack' ? parent.layers : layersInStack(layer)
}

/** The layer, its name numbered on where a sibling has it already. */
const makeNameUnique = (siblings: readonly Layer[], layer: Layer): Layer => {
  const names = new Set(siblings.map(({ name }) => name))
  const [, stem = '', number = ''] = /^(.*?)(\d*)$/.exec(layer.name) ?? []
  const free = (nth: number): string => (names.has(`${stem}${nth}`) ? free(nth + 1) : `${stem}${nth}`)
  return names.has(layer.name) ? withName(free(number === '' ? 2 : Number(number) + 1), layer) : layer
}

/** The growth, its layer renamed where a sibling has its name already. */
export const withFreshName =
  (net: Net) =>
  (growth: Growth): Growth => {
    if ('widen' in growth) return growth
    const siblings = siblingsOf(growth, net)
    return 'to' in growth
      ? { ...growth, branch: makeNameUnique(siblings, growth.branch) }
      : { ...growth, module: makeNameUnique(siblings, growth.module) }
  }

/** The path a layer had before; null for a new one. */
export const originPath =
  ({ at, moved }: Pick<Placement, 'at' | 'moved'>) =>
  (path: Path): Path | null => {
    if (at !== '' && isInside(at, path)) return null
    return moved !== null && isInside(moved.to, path) ? `${moved.from}${path.slice(moved.to.length)}` : path
  }
