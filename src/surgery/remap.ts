/** Where the arrays of an altered net come from: one map for weights, running statistics and optimizer slots alike. */
import { nameOf, parentOf } from '../net/path.js'
import { type Shape, sizeOf } from '../net/shape.js'
import { filled, type Tensor, type Weights } from '../net/weights.js'
import { upTo } from '../net/wires.js'

/** For each place on an axis the old place, −1 where it is new; null for an axis that stays as it is. */
export type Places = Int32Array | null

/** What an array is made of. */
export interface Origin {
  /** The old array's key; null for one that is new. */
  readonly from: string | null
  readonly shape: Shape
  readonly axes: readonly Places[]
  readonly trained: boolean
}

/** By the new key. */
export type Remap = ReadonlyMap<string, Origin>

/** Copies one row of the last axis. */
const copyRow = (
  from: Float32Array,
  source: number,
  to: Float32Array,
  target: number,
  columns: Int32Array,
) => {
  for (let j = 0; j < columns.length; j++) {
    const place = columns[j] ?? -1
    if (place >= 0) to[target + j] = from[source + place] ?? 0
  }
}

/**
 * Gathers the old places of each axis; new places hold 0.
 *
 * Law  where every axis stays, the tensor itself
 */
export const take =
  ({ shape, axes }: Pick<Origin, 'shape' | 'axes'>) =>
  (tensor: Tensor): Tensor => {
    if (axes.every(places => places === null)) return tensor
    const data = new Float32Array(sizeOf(shape))
    const last = shape.length - 1
    const [strides, steps] = [tensor.shape, shape].map(sizes =>
      sizes.map((_, axis) => sizeOf(sizes.slice(axis + 1))),
    )
    const lists = shape.map((size, axis) => axes[axis] ?? upTo(size))
    const copy = (axis: number, source: number, target: number): void => {
      const places = lists[axis] ?? upTo(0)
      if (axis === last) copyRow(tensor.data, source, data, target, places)
      else
        places.forEach((place, i) => {
          if (place >= 0)
            copy(axis + 1, source + place * (strides?.[axis] ?? 0), target + i * (steps?.[axis] ?? 0))
        })
    }
    copy(0, 0, 0)
    return { shape, data }
  }

/** The keys that follow each old one. */
const followers = (remap: Remap): ReadonlyMap<string, readonly [string, Origin]> =>
  new Map([...remap].flatMap(([key, origin]) => (origin.from === null ? [] : [[origin.from, [key, origin]]])))

/**
 * Cuts or pads what belongs to a model's weights, such as an optimizer's slots, to fit the altered model:
 * `stem/conv/kernel/velocity` follows `stem/conv/kernel`, what belongs to a new weight begins at 0, what belongs to
 * one that is gone is left out.
 *
 * Shapes  each slot that of its weight, before and after
 */
export const carry =
  ({ remap }: { readonly remap: Remap }) =>
  (slots: Weights): Weights => {
    const next = followers(remap)
    const suffixes = new Set<string>()
    const carried = Object.entries(slots).flatMap(([key, tensor]): readonly (readonly [string, Tensor])[] => {
      const itself = next.get(key)
      if (itself !== undefined) return [[itself[0], take(itself[1])(tensor)]]
      const owner = next.get(parentOf(key))
      if (owner === undefined) return []
      suffixes.add(nameOf(key))
      return [[`${owner[0]}/${nameOf(key)}`, take(owner[1])(tensor)]]
    })
    const begun = [...remap].flatMap(([key, { from, shape, trained }]) =>
      from === null && trained
        ? [...suffixes].map(suffix => [`${key}/${suffix}`, filled(shape, 0)] as const)
        : [],
    )
    return Object.fromEntries([...carried, ...begun])
  }
