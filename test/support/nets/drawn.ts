/** A net as lines, and what a cut by name leaves of it. */
import { childPath, type Path } from '../../../src/net/path.js'
import type { Layer, Net } from '../../../src/net/tree.js'
import { prune } from '../../../src/surgery/prune/prune.js'
import { modelOf } from './arbitrary.js'
import { right } from './surgery.js'

type ByPath = Readonly<Record<Path, readonly number[]>>

/** Each layer of a net as `path: kind`, with its width where it has one. */
export const drawn = (given: Net): readonly string[] => {
  const visit = (layer: Layer, path: Path): readonly string[] => {
    const kind = layer._tag === 'activate' ? layer.activation : layer._tag
    const width = layer._tag === 'conv' ? ` ${layer.filters}` : ''
    const below =
      layer._tag === 'stack'
        ? layer.layers
        : layer._tag === 'concat'
          ? layer.branches
          : layer._tag === 'residual'
            ? [layer.body, layer.shortcut]
            : []
    return [`${path}: ${kind}${width}`, ...below.flatMap(each => visit(each, childPath(path, each.name)))]
  }
  return given.body.layers.flatMap(layer => visit(layer, layer.name))
}

export const all = (count: number): readonly number[] => [...Array(count).keys()]

export const cutting = (given: Net, channels: ByPath) => right(prune({ channels })(modelOf(1)(given)))
