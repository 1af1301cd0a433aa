/** The geometry of sliding windows: the sides of one, the positions it takes along a map, and the padding around that. */
import type { Shape } from './shape.js'
import type { Extent, Padding } from './tree.js'

/** The two sides of a window or a step. */
export type Sides = readonly [height: number, width: number]

/** Both sides of an extent: one number is that of both. */
export const sidesOf = (extent: Extent): Sides => (typeof extent === 'number' ? [extent, extent] : extent)

/** The extent of two sides: one number where they are equal. */
export const extentOf = ([height, width]: Sides): Extent => (height === width ? height : [height, width])

/** Zeros before and after one side of a map. */
export type Ends = readonly [before: number, after: number]

/** The padding of these ends: one number where all are equal, `'valid'` where there is none. */
export const paddingOf = ([top, bottom]: Ends, [left, right]: Ends): Padding => {
  if ([bottom, left, right].some(end => end !== top)) return [top, bottom, left, right]
  return top === 0 ? 'valid' : top
}

/** The span a dilated window covers. */
export const windowSpan = (size: number, dilation: number): number => dilation * (size - 1) + 1

/** How a window slides over a map. */
export interface Sliding {
  readonly size: Extent
  readonly stride: Extent
  readonly dilation: number
  readonly padding: Padding
}

/** How a window slides along one side of a map. */
export interface Slide {
  /** Of the map. */
  readonly side: number
  readonly size: number
  readonly span: number
  readonly stride: number
  readonly before: number
  readonly after: number
  /** Below 1 where the window does not fit. */
  readonly positions: number
}

/** What padding says of one side. */
type SidePadding = 'same' | Ends

const paddingAlong = (padding: Padding): readonly [SidePadding, SidePadding] => {
  if (padding === 'same') return [padding, padding]
  const each = padding === 'valid' ? 0 : padding
  const [top, bottom, left, right] = typeof each === 'number' ? ([each, each, each, each] as const) : each
  return [
    [top, bottom],
    [left, right],
  ]
}

/** With `'same'` padding an odd zero goes after, as in TensorFlow. */
const slideAlong = (
  side: number,
  size: number,
  stride: number,
  dilation: number,
  padding: SidePadding,
): Slide => {
  const span = windowSpan(size, dilation)
  if (padding === 'same') {
    const positions = Math.ceil(side / stride)
    const lacking = Math.max((positions - 1) * stride + span - side, 0)
    const [before, after] = [Math.floor(lacking / 2), Math.ceil(lacking / 2)]
    return { side, size, span, stride, before, after, positions }
  }
  const [before, after] = padding
  const positions = Math.floor((side + before + after - span) / stride) + 1
  return { side, size, span, stride, before, after, positions }
}

/** Whether a window reaches beyond the map. */
export const isPadded = (slides: readonly Slide[]): boolean =>
  slides.some(({ before, after }) => before > 0 || after > 0)

/**
 * How a window slides down a map and across it.
 *
 * Shapes  map [height, width, …]
 *
 * @example
 * slidesOf([28, 28, 1], { size: 3, stride: 2, dilation: 1, padding: 'same' })   // 14 positions each
 */
export const slidesOf = (
  [height = 0, width = 0]: Shape,
  { size, stride, dilation, padding }: Sliding,
): readonly [down: Slide, across: Slide] => {
  const [[high, wide], [down, across], [vertical, horizontal]] = [
    sidesOf(size),
    sidesOf(stride),
    paddingAlong(padding),
  ]
  return [
    slideAlong(height, high, down, dilation, vertical),
    slideAlong(width, wide, across, dilation, horizontal),
  ]
}

/** By position, the share of the window that lies on the map. */
export const sharesAlong = ({ side, size, span, stride, before, positions }: Slide): readonly number[] =>
  Array.from({ length: positions }, (_, position) => {
    const from = position * stride - before
    return (Math.min(from + span, side) - Math.max(from, 0)) / size
  })
