/** A dilated window on a map is a close one on the map folded: each of its d² interleaved grids an image of its own. */
import type { Window } from '../../graph/value.js'
import { spanOf } from '../../net/infer.js'
import type { Shape } from '../../net/shape.js'
import { type Attrs, floats, int32, type Ref, tensor, type } from './node.js'
import type { Writer } from './writer.js'

/** To and from the folded maps of a convolution: its input x and its output y. */
export interface Folded {
  /** Shape of the folded x. */
  readonly x: Shape
  readonly foldX: (x: Ref) => Ref
  readonly openX: (x: Ref) => Ref
  readonly foldY: (y: Ref) => Ref
  readonly openY: (y: Ref) => Ref
}

type Ends = readonly [before: number, after: number]

/** Zeros on both ends of a side, for a window that does not stride. */
const endsOf = (span: number, { padding }: Window): Ends => {
  if (padding === 'valid') return [0, 0]
  if (padding === 'same') return [Math.floor((span - 1) / 2), Math.ceil((span - 1) / 2)]
  return [padding, padding]
}

const attrs: Attrs = { ...floats, Tblock_shape: type(int32) }

const table = (write: Writer, [rows, columns]: readonly [Ends, Ends]): Ref =>
  write.add('Const', [], {
    dtype: type(int32),
    value: tensor([2, 2], Int32Array.from([...rows, ...columns])),
  })

/**
 * Folds the maps of a convolution with a dilated window of `size` over x [n, h, w, c].
 *
 * Law  conv(x, dilated) = openY(conv(foldX(x), close))
 */
export const folded = (
  write: Writer,
  window: Window,
  [n = 0, h = 0, w = 0, c = 0]: Shape,
  size: number,
): Folded => {
  const { dilation } = window
  const span = spanOf(size, dilation)
  const [before, after] = endsOf(span, window)
  const whole = (side: number) => Math.ceil((side + before + after) / dilation) * dilation
  const spare = (side: number) => whole(side) - (side + before + after)
  const block = write.ints([dilation, dilation])
  const around = table(write, [
    [before, after + spare(h)],
    [before, after + spare(w)],
  ])
  const behind = table(write, [
    [0, spare(h)],
    [0, spare(w)],
  ])
  const fold = (ends: Ref) => (map: Ref) =>
    write.add('SpaceToBatchND', [map, block, ends], { ...attrs, Tpaddings: type(int32) })
  const open = (ends: Ref) => (map: Ref) =>
    write.add('BatchToSpaceND', [map, block, ends], { ...attrs, Tcrops: type(int32) })
  return {
    x: [n * dilation ** 2, whole(h) / dilation, whole(w) / dilation, c],
    foldX: fold(around),
    openX: open(around),
    foldY: fold(behind),
    openY: open(behind),
  }
}
