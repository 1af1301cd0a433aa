/** A net with the shapes of its layers, as `infer` makes it. */
import type { Path } from './path.js'
import type { Shape } from './shape.js'
import type { Layer, Net } from './tree.js'

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
