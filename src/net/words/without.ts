/** A net less one of its layers: what studies compare it with, and what a schedule grows again. */

import { childrenOf, withChildren } from '../children.js'
import { childPath, editLayers, layersOf, type Path, parentPath } from '../path.js'
import type { Net } from '../tree.js'

/** Whether a layer is one of several that a stack or a concat holds: a residual and a gate have their parts always. */
const isRemovable = (net: Net, path: Path): boolean => {
  const layers = layersOf(net)
  const parent = layers.get(parentPath(path))?._tag
  return path !== '' && layers.has(path) && (parent === 'stack' || parent === 'concat')
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
    isRemovable(net, path)
      ? editLayers((layer, at) =>
          withChildren(childrenOf(layer).filter(({ name }) => childPath(at, name) !== path))(layer),
        )(net)
      : Object.freeze({ ...net, without: path }) // such a net is refused
