/** Explicit zero padding of maps, and the correction of averages over padded maps. */
import type { PoolWindow } from '../../../graph/graph.js'
import type { Shape } from '../../../net/shape.js'
import { type Slide, sharesAlong, slidesOf } from '../../../net/window.js'
import { floats, int32, type Ref, tensor, type } from '../graph/node.js'
import type { Writer } from '../graph/writer.js'

/** How a window slides down a map and across it. */
export type Slides = readonly [down: Slide, across: Slide]

/** Shapes  x [n, h, w, c] */
export const slides = (x: Shape, window: PoolWindow): Slides => slidesOf(x.slice(1), window)

/** The shape of a map [n, h, w, c] with its padding. */
export const shape = ([n = 0, , , c = 0]: Shape, along: Slides): Shape => [
  n,
  ...along.map(({ side, before, after }) => side + before + after),
  c,
]

export const pad = (write: Writer, x: Ref, along: Slides): Ref => {
  const ends = write.add('Const', [], {
    dtype: type(int32),
    value: tensor(
      [4, 2],
      Int32Array.from([0, 0, ...along.flatMap(({ before, after }) => [before, after]), 0, 0]),
    ),
  })
  return write.add('Pad', [x, ends], { ...floats, Tpaddings: type(int32) })
}

export const unpad = (write: Writer, x: Ref, [down, across]: Slides): Ref =>
  write.add(
    'Slice',
    [x, write.ints([0, down.before, across.before, 0]), write.ints([-1, down.side, across.side, -1])],
    { ...floats, Index: type(int32) },
  )

/** By position, the ratio of the window to its part on the map. Shapes  → [1, rows, columns, 1] */
export const ratios = (write: Writer, [down, across]: Slides): Ref => {
  const [rows, columns] = [sharesAlong(down), sharesAlong(across)]
  return write.array(
    [1, rows.length, columns.length, 1],
    Float32Array.from(rows.flatMap(row => columns.map(column => 1 / (row * column)))),
  )
}
