/** The layers of a net by path: found, and replaced. */
import * as O from 'fp-ts/lib/Option.js'
import { childrenOf, type FoldAlgebra, fold } from './interpret.js'
import { childPath, type Path } from './path.js'
import type { Layer, Net } from './tree.js'

/** Every layer with its path, a parent before its children; without recursion, since a net may not be checked yet. */
export const layersOf = (net: Net): ReadonlyMap<Path, Layer> => {
  const found = new Map<Path, Layer>()
  const open: (readonly [Path, Layer])[] = [['', net.body]]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [path, layer] = next
    found.set(path, layer)
    for (const child of childrenOf(layer).toReversed()) open.push([childPath(path, child.name), child])
  }
  return found
}

/** The layer at a path, if there is one. */
export const layerAt =
  (path: Path) =>
  (net: Net): O.Option<Layer> =>
    O.fromNullable(layersOf(net).get(path))

/** The layers of a stack and of the stacks in it, by path. */
export const layersInSeries = (layer: Layer, path: Path): readonly (readonly [Path, Layer])[] =>
  layer._tag === 'stack'
    ? layer.layers.flatMap(each => layersInSeries(each, childPath(path, each.name)))
    : [[path, layer]]

/** Each layer around the children it is given. */
const rebuild: FoldAlgebra<Layer> = {
  leaf: layer => layer,
  stack: (layers, layer) => ({ ...layer, layers }),
  concat: (branches, layer) => ({ ...layer, branches }),
  residual: (body, shortcut, layer) => ({ ...layer, body, shortcut }),
  gate: (body, layer) => ({ ...layer, body }),
}

/**
 * Rebuilds the tree bottom-up: `edit` sees each layer with its children already edited.
 *
 * Law  editing with the identity gives an equal net
 */
export const editLayers =
  (edit: (layer: Layer, path: Path) => Layer) =>
  (net: Net): Net => {
    const body = fold({ ...rebuild, place: (layer, _before, path) => edit(layer, path) })(net.body, '')
    return body._tag === 'stack'
      ? { ...net, body }
      : { ...net, body: { _tag: 'stack', name: '', layers: [body] } }
  }
