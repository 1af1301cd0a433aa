/** Puts a new layer into the tree: names and paths, no weights. */
import * as E from 'fp-ts/lib/Either.js'
import { childPath, editLayers, isInside, lastName, layersOf, type Path, parentPath } from '../../net/path.js'
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
  /** A bare layer that had to become a stack lies one name deeper now; null where none had to. */
  readonly moved: { readonly from: Path; readonly to: Path } | null
}

type Placing = Exclude<Growth, { readonly widen: Path }>

const rebuilt = (net: Net, at: Path, layer: Layer): Net =>
  editLayers((each, path) => (path === at ? layer : each))(net)

/** The layer inserted behind the first `index`, named after its kind where it has no name. */
const inserted = (layers: readonly Layer[], index: number, layer: Layer): readonly Layer[] =>
  nameLayers(layers.toSpliced(index, 0, layer))

const intoStack = (net: Net, path: Path, stack: Stack, index: number, module: Layer): Placement => {
  const layers = inserted(stack.layers, index, module)
  const at = childPath(path, layers[index]?.name ?? '')
  return { net: rebuilt(net, path, { ...stack, layers }), at, moved: null }
}

/** A stack in a bare layer's place, under its name, with the new layer before or behind it. */
const wrapped = (net: Net, path: Path, layer: Layer, index: 0 | 1, module: Layer): Placement => {
  const layers = inserted([{ ...layer, name: '' }], index, module)
  const to = childPath(path, layers[1 - index]?.name ?? '')
  return {
    net: rebuilt(net, path, { _tag: 'stack', name: layer.name, layers }),
    at: childPath(path, layers[index]?.name ?? ''),
    moved: { from: path, to },
  }
}

/** Beside a layer: in its stack, in itself where it is a stack of its own, else in one made for the two. */
const beside = (
  net: Net,
  path: Path,
  index: 0 | 1,
  module: Layer,
  layers: ReadonlyMap<Path, Layer>,
): Placement => {
  const [layer, parent] = [layers.get(path) as Layer, layers.get(parentPath(path))] // the caller knows the path
  if (path !== '' && parent?._tag === 'stack') {
    const place = parent.layers.findIndex(({ name }) => name === lastName(path))
    return intoStack(net, parentPath(path), parent, place + index, module)
  }
  return layer._tag === 'stack'
    ? intoStack(net, path, layer, index === 0 ? 0 : layer.layers.length, module)
    : wrapped(net, path, layer, index, module)
}

const wrongPlace = (at: Path, layer: Layer, wanted: string): E.Either<GrowError, never> =>
  E.left({ _tag: 'WrongPlace', at, got: layer._tag, wanted })

/**
 * Puts a new layer where it was told.
 *
 * Errors  UnknownPath, WrongPlace, WrongOption; that it fits is for `infer` to say
 * Law     no other layer's path changes, but of one that has to become a stack
 */
export const insertLayer =
  (growth: Placing) =>
  (net: Net): E.Either<GrowError, Placement> => {
    const layers = layersOf(net)
    const [where, path] = siteAddress(growth)
    const layer = layers.get(path)
    if (layer === undefined) return E.left({ _tag: 'UnknownPath', at: path, where })
    if ('after' in growth) return E.right(beside(net, path, 1, growth.module, layers))
    if ('before' in growth) return E.right(beside(net, path, 0, growth.module, layers))
    if ('inside' in growth) return inside(net, path, layer, growth.at, growth.module)
    if ('deepen' in growth)
      return E.right(
        layer._tag === 'stack'
          ? intoStack(net, path, layer, layer.layers.length, growth.module)
          : wrapped(net, path, layer, 1, growth.module),
      )
    if (layer._tag !== 'concat') return wrongPlace(path, layer, 'concat')
    const branches = inserted(layer.branches, layer.branches.length, growth.branch)
    return E.right({
      net: rebuilt(net, path, { ...layer, branches }),
      at: childPath(path, branches.at(-1)?.name ?? ''),
      moved: null,
    })
  }

const inside = (
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
    ? E.right(intoStack(net, path, layer, at, module))
    : E.left({ _tag: 'WrongOption', option: 'at', got: at, wanted: `a whole number from 0 to ${length}` })
}

const inStack = (layer: Layer | undefined): readonly Layer[] => (layer?._tag === 'stack' ? layer.layers : [])

/** The layers a new one would have for siblings; none where it and a bare layer would get a stack of their own. */
const siblingsOf = (growth: Placing, net: Net): readonly Layer[] => {
  const layers = layersOf(net)
  const path = sitePath(growth)
  const [layer, parent] = [layers.get(path), layers.get(parentPath(path))]
  if ('to' in growth) return layer?._tag === 'concat' ? layer.branches : []
  const beside = 'after' in growth || 'before' in growth
  return beside && path !== '' && parent?._tag === 'stack' ? parent.layers : inStack(layer)
}

/** A layer under its name, or, where one of these has that, under the next number that none has. */
const renamed = (siblings: readonly Layer[], layer: Layer): Layer => {
  const taken = new Set(siblings.map(({ name }) => name))
  const [, stem = '', number = ''] = /^(.*?)(\d*)$/.exec(layer.name) ?? []
  const free = (nth: number): string => (taken.has(`${stem}${nth}`) ? free(nth + 1) : `${stem}${nth}`)
  return taken.has(layer.name) ? withName(free(number === '' ? 2 : Number(number) + 1), layer) : layer
}

/** A growth whose layer has a name that none beside its place has. */
export const withFreshName =
  (net: Net) =>
  (growth: Growth): Growth => {
    if ('widen' in growth) return growth
    const siblings = siblingsOf(growth, net)
    return 'to' in growth
      ? { ...growth, branch: renamed(siblings, growth.branch) }
      : { ...growth, module: renamed(siblings, growth.module) }
  }

/** The path a layer had before; null for what is new. */
export const originPath =
  ({ at, moved }: Pick<Placement, 'at' | 'moved'>) =>
  (path: Path): Path | null => {
    if (at !== '' && isInside(at, path)) return null
    return moved !== null && isInside(moved.to, path) ? `${moved.from}${path.slice(moved.to.length)}` : path
  }
