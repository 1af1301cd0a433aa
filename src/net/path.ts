/**
 * Addresses: the names from the root to a layer, joined by `/`; and layers in their places. The net's own body has the
 * path `''`.
 */
import type { Shape } from './shape.js'
import type { Layer, Net } from './tree.js'

/** Names from the root down, joined by `/`; `''` is the net's own body. */
export type Path = string

/** A layer in its place: where it is, what it takes and what it gives. */
export interface PlacedLayer {
  readonly path: Path
  readonly layer: Layer
  readonly input: Shape
  readonly output: Shape
}

/** A net that fits, with the shapes of its layers: made by `infer` alone. What takes one cannot be refused for its shapes. */
export interface CheckedNet {
  readonly net: Net
  /** Every layer by path, in the order of computation; a parent follows its children. */
  readonly layers: ReadonlyMap<Path, PlacedLayer>
}

/** The path of a child. */
export const childPath = (path: Path, name: string): Path => (path === '' ? name : `${path}/${name}`)

/** The path of the layer that holds this one; of a weight's key, its layer. */
export const parentPath = (path: Path): Path => path.slice(0, Math.max(0, path.lastIndexOf('/')))

export const lastName = (path: Path): string => path.slice(path.lastIndexOf('/') + 1)

/** Whether `path` is `place` or lies inside it. */
export const isInside = (place: Path, path: Path): boolean =>
  place === '' || path === place || path.startsWith(`${place}/`)
