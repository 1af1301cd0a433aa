/** Where the arrays of an altered net come from: one map for weights, running statistics and optimizer slots alike. */
import { range } from '../net/channels/wiring.js'
import { lastName, parentPath } from '../net/path.js'
import { channelsOf, type Shape, sizeOf } from '../net/shape.js'
import { full, type Tensor, type Weights } from '../net/weights.js'

/** For each place on an axis the old place, −1 where it is new; null for an axis that stays as it is. */
export type AxisMap = Int32Array | null

/** Where the values of an array come from. */
export interface Origin {
  /** The old array's key; null for a new array. */
  readonly from: string | null
  readonly shape: Shape
  readonly axes: readonly AxisMap[]
  readonly trained: boolean
}

/** By the new key. */
export type Remap = ReadonlyMap<string, Origin>

interface Plane {
  readonly data: Float32Array
  readonly from: number
  readonly width: number
}

/** Gathers the columns of a row; all of them, as they are, where `columns` is null. */
const copyRow = (source: Float32Array, target: Float32Array, columns: AxisMap): void => {
  if (columns === null) target.set(source)
  else
    for (let j = 0; j < columns.length; j++) {
      const column = columns[j] ?? -1
      if (column >= 0) target[j] = source[column] ?? 0
    }
}

const rowOf = ({ data, from, width }: Plane, row: number): Float32Array =>
  data.subarray(from + row * width, from + (row + 1) * width)

/** Gathers rows and columns of one matrix into another. */
const copyPlane = (old: Plane, next: Plane, rows: Int32Array, columns: AxisMap): void => {
  rows.forEach((row, nth) => {
    if (row >= 0) copyRow(rowOf(old, row), rowOf(next, nth), columns)
  })
}

/** The axes before the last two as one: which matrix each new matrix comes from, −1 where it is new. */
const planesOf = (lead: readonly Int32Array[], sizes: Shape): Int32Array =>
  lead.reduce<Int32Array>(
    (planes, places, axis) =>
      Int32Array.from({ length: planes.length * places.length }, (_, i) => {
        const [plane, place] = [planes[Math.floor(i / places.length)] ?? -1, places[i % places.length] ?? -1]
        return plane < 0 || place < 0 ? -1 : plane * (sizes[axis] ?? 1) + place
      }),
    Int32Array.of(0),
  )

/**
 * Gathers the old places of each axis; new places hold 0.
 *
 * Law  where every axis stays, the tensor itself
 */
export const gatherAxes =
  ({ shape, axes }: Pick<Origin, 'shape' | 'axes'>) =>
  (tensor: Tensor): Tensor => {
    if (axes.every(places => places === null)) return tensor
    const data = new Float32Array(sizeOf(shape))
    const lists = shape.slice(0, -1).map((size, axis) => axes[axis] ?? range(size))
    const [rows, columns] = [lists.at(-1) ?? range(1), axes.at(-1) ?? null]
    const [width, narrow] = [channelsOf(tensor.shape), channelsOf(shape)]
    const area = sizeOf(tensor.shape.slice(-2))
    planesOf(lists.slice(0, -1), tensor.shape).forEach((plane, nth) => {
      const next = { data, from: nth * rows.length * narrow, width: narrow }
      if (plane >= 0) copyPlane({ data: tensor.data, from: plane * area, width }, next, rows, columns)
    })
    return { shape, data }
  }

/** The key of the mask of an array's new values. */
export const newMaskKey = (key: string): string => `${key}/new`

/** For each array with new values, 1 at those and 0 at the old ones. */
export const newMasks = (remap: Remap, weights: Weights): Weights =>
  Object.fromEntries(
    [...remap].flatMap(([key, { from, shape, axes }]) => {
      const old = weights[from ?? '']
      if (old !== undefined && axes.every(places => places === null)) return []
      const isOld = old === undefined ? full(shape, 0) : gatherAxes({ shape, axes })(full(old.shape, 1))
      const data = isOld.data.map(each => 1 - each)
      return data.includes(1) ? [[newMaskKey(key), { shape, data }] as const] : []
    }),
  )

/** By old key, the new key and its origin. */
const byOldKey = (remap: Remap): ReadonlyMap<string, readonly [string, Origin]> =>
  new Map([...remap].flatMap(([key, origin]) => (origin.from === null ? [] : [[origin.from, [key, origin]]])))

/** The origin of a slot with fewer axes than its weight: one number per channel follows the last axis. */
const lastAxes = ({ shape, axes }: Origin, slot: Tensor): Pick<Origin, 'shape' | 'axes'> => {
  const lead = shape.length - slot.shape.length
  return { shape: shape.slice(lead), axes: axes.slice(lead) }
}

/**
 * Cuts or pads an optimizer's slots, and other arrays that belong to weights, to fit the altered model:
 * `stem/conv/kernel/velocity` follows `stem/conv/kernel`; slots of removed weights are left out. Slots of a kernel's own
 * shape begin with zeros for a new weight.
 *
 * Shapes  each slot that of its weight, or of its weight's last axes, before and after
 */
export const carrySlots =
  ({ remap }: { readonly remap: Remap }) =>
  (slots: Weights): Weights => {
    const next = byOldKey(remap)
    const suffixes = new Set<string>()
    const carried = Object.entries(slots).flatMap(([key, tensor]): readonly (readonly [string, Tensor])[] => {
      const itself = next.get(key)
      if (itself !== undefined) return [[itself[0], gatherAxes(itself[1])(tensor)]]
      const owner = next.get(parentPath(key))
      if (owner === undefined) return []
      const [name, origin] = owner
      if (origin.shape.length > 1 && origin.shape.length === tensor.shape.length) suffixes.add(lastName(key))
      return [[`${name}/${lastName(key)}`, gatherAxes(lastAxes(origin, tensor))(tensor)]]
    })
    const zeros = [...remap].flatMap(([key, { from, shape, trained }]) =>
      from === null && trained
        ? [...suffixes].map(suffix => [`${key}/${suffix}`, full(shape, 0)] as const)
        : [],
    )
    return Object.fromEntries([...carried, ...zeros])
  }
