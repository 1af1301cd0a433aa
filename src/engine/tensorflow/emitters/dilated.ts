/** Folds maps for dilated windows: each of the d² interleaved grids becomes an image, on which the window is dense. */
import type { PoolWindow } from '../../../graph/graph.js'
import type { Shape } from '../../../net/shape.js'
import { type Sides, type Slide, sidesOf, slidesOf } from '../../../net/window.js'
import { type Attrs, floats, int, int32, type Ref, tensor, type } from '../graph/node.js'
import type { Writer } from '../graph/writer.js'

/** Folds and unfolds the maps of a convolution, its input x and output y. */
export interface Folded {
  /** Shape of the folded x. */
  readonly x: Shape
  readonly foldX: (x: Ref) => Ref
  readonly openX: (x: Ref) => Ref
  readonly foldY: (y: Ref) => Ref
  readonly openY: (y: Ref) => Ref
}

/** One side of a map: its padding, and spare zeros up to a multiple of the dilation. */
interface Side {
  readonly size: number
  readonly before: number
  readonly after: number
  readonly spare: number
  /** Positions of a window of stride 1. */
  readonly places: number
}

const sideOf =
  (dilation: number) =>
  ({ side, span, before, after }: Slide): Side => {
    const whole = side + before + after
    const spare = (dilation - (whole % dilation)) % dilation
    return { size: side, before, after, spare, places: whole - span + 1 }
  }

const folding: Attrs = { ...floats, Tblock_shape: type(int32) }

const addTable = (write: Writer, rows: readonly (readonly [number, number])[]): Ref =>
  write.add('Const', [], {
    dtype: type(int32),
    value: tensor([rows.length, 2], Int32Array.from(rows.flat())),
  })

/** Takes the positions of a map that windows of such strides begin at; the inverse writes zeros elsewhere. */
const strideMaps = (
  write: Writer,
  [down, across]: Sides,
  [n, h, w, c]: readonly [number, number, number, number],
) => {
  const slices = [write.ints([0, 0, 0, 0]), write.ints([n, h, w, c]), write.ints([1, down, across, 1])]
  const attrs: Attrs = { ...floats, Index: type(int32), begin_mask: int(15), end_mask: int(15) }
  return down === 1 && across === 1
    ? { thin: (map: Ref) => map, spread: (map: Ref) => map }
    : {
        thin: (map: Ref) => write.add('StridedSlice', [map, ...slices], attrs),
        spread: (map: Ref) =>
          write.add('StridedSliceGrad', [write.ints([n, h, w, c]), ...slices, map], attrs),
      }
}

/**
 * Folds the maps of a convolution with a dilated window over x into y [n, h, w, f].
 *
 * Law  conv(x, dilated) = openY(conv(foldX(x), dense))
 */
export const foldMaps = (write: Writer, window: PoolWindow, x: Shape, filters: number): Folded => {
  const { dilation, stride } = window
  const [n = 0, , , c = 0] = x
  const sides = slidesOf(x.slice(1), window).map(sideOf(dilation))
  const block = write.ints([dilation, dilation])
  const xEnds = addTable(
    write,
    sides.map(({ before, after, spare }) => [before, after + spare] as const),
  )
  const yEnds = addTable(
    write,
    sides.map(({ spare }) => [0, spare] as const),
  )
  const fold = (ends: Ref) => (map: Ref) =>
    write.add('SpaceToBatchND', [map, block, ends], { ...folding, Tpaddings: type(int32) })
  const open = (ends: Ref) => (map: Ref) =>
    write.add('BatchToSpaceND', [map, block, ends], { ...folding, Tcrops: type(int32) })
  const [rows = 0, columns = 0] = sides.map(({ places }) => places)
  const { thin, spread } = strideMaps(write, sidesOf(stride), [n, rows, columns, filters])
  const grids = sides.map(side => (side.size + side.before + side.after + side.spare) / dilation)
  return {
    x: [n * dilation ** 2, ...grids, c],
    foldX: fold(xEnds),
    openX: open(xEnds),
    foldY: y => fold(yEnds)(spread(y)),
    openY: y => thin(open(yEnds)(y)),
  }
}
