/** Explicit zero padding of maps, and the correction of averages over padded maps. */
import type { PoolWindow } from '../../../graph/graph.js'
import type { Shape } from '../../../net/shape.js'
import { floats, int32, type Ref, tensor, type } from '../graph/node.js'
import type { Writer } from '../graph/writer.js'

/** The shape of a map [n, h, w, c] with `pad` zeros on each side. */
export const shape = ([n = 0, h = 0, w = 0, c = 0]: Shape, pad: number): Shape => [
  n,
  h + 2 * pad,
  w + 2 * pad,
  c,
]

export const pad = (write: Writer, x: Ref, by: number): Ref => {
  const ends = write.add('Const', [], {
    dtype: type(int32),
    value: tensor([4, 2], Int32Array.of(0, 0, by, by, by, by, 0, 0)),
  })
  return write.add('Pad', [x, ends], { ...floats, Tpaddings: type(int32) })
}

export const unpad = (write: Writer, x: Ref, [, h = 0, w = 0]: Shape, by: number): Ref =>
  write.add('Slice', [x, write.ints([0, by, by, 0]), write.ints([-1, h, w, -1])], {
    ...floats,
    Index: type(int32),
  })

/** How many taps of the window at `position` are inside a side. */
const taps = (position: number, side: number, { size, stride }: PoolWindow, by: number): number => {
  const from = position * stride - by
  return Math.max(0, Math.min(from + size, side) - Math.max(from, 0))
}

/** By position, the ratio of all taps to those inside the map. Shapes  x [n, h, w, c], y [n, h′, w′, c] → [1, h′, w′, 1] */
export const share = (
  write: Writer,
  window: PoolWindow,
  [, h = 0, w = 0]: Shape,
  [, rows = 0, columns = 0]: Shape,
): Ref => {
  const by = Number(window.padding)
  const shares = Array.from({ length: rows }, (_, row) =>
    Array.from(
      { length: columns },
      (_, column) => window.size ** 2 / (taps(row, h, window, by) * taps(column, w, window, by)),
    ),
  )
  return write.array([1, rows, columns, 1], Float32Array.from(shares.flat()))
}
