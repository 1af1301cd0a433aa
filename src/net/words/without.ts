/** A net less one of its layers: what studies compare it with, and what a schedule grows again. */

import { editLayers, layersOf } from '../layers.js'
import { childPath, type Path, parentPath } from '../path.js'
import type { Layer, Net } from '../tree.js'

/** Whether a layer is one of several that a stack or a concat holds: a residual and a gate have their parts always. */
const isRemovable = (net: Net, path: Path): boolean => {
  const layers = layersOf(net)
  const parent = layers.get(parentPath(path))?._tag
  return path !== '' && layers.has(path) && (parent === 'stack' || parent === 'concat')
}

/** A layer whose children are not at a path; at each path is one at most. */
const removeFrom =
  (path: Path) =>
  (layer: Layer, at: Path): Layer => {
    const stays = ({ name }: Layer): boolean => childPath(at, name) !== path
    if (layer._tag === 'stack') return { ...layer, layers: layer.layers.filter(stays) }
    return layer._tag === 'concat' ? { ...layer, branches: layer.branches.filter(stays) } : layer
  }

/**
 * The net without the layer at a path and all that is inside it. A path that names no such layer is refused by `infer`
 * and by every codec of the net, as a word's unknown option is.
 *
 * Shapes  those of the net, where it still fits
 * Law     the layers that stay have the paths they had, in the order they had
 *
 * @example
 * without('a')(seedling)
 */
export const without =
  (path: Path) =>
  (net: Net): Net =>
    isRemovable(net, path) ? editLayers(removeFrom(path))(net) : Object.freeze({ ...net, without: path }) // such a net is refused
