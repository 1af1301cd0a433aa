/** The geometry of sliding windows, and the frame of zeros that makes bounds checks unnecessary. */

import type { PoolWindow, Window } from '../../../graph/graph.js'
import type { Shape } from '../../../net/shape.js'
import { type Sides, sidesOf, slidesOf } from '../../../net/window.js'

/** A window over a map; of each pair the first is down the map, the second across it. */
export interface WindowPlan {
  readonly images: number
  /** Of the input map. */
  readonly height: number
  readonly width: number
  readonly channels: number
  /** Of the output map. */
  readonly rows: number
  readonly columns: number
  readonly size: Sides
  readonly span: Sides
  readonly stride: Sides
  readonly dilation: number
  /** Padding before the first position. */
  readonly top: number
  readonly left: number
}

export const windowPlan = (x: Shape, y: Shape, window: PoolWindow): WindowPlan => {
  const [images = 0, height = 0, width = 0, channels = 0] = x
  const [, rows = 0, columns = 0] = y
  const [down, across] = slidesOf([height, width], window)
  return {
    ...{ images, height, width, channels, rows, columns },
    size: sidesOf(window.size),
    span: [down.span, across.span],
    stride: sidesOf(window.stride),
    dilation: window.dilation,
    top: down.before,
    left: across.before,
  }
}

/** The window of a kernel [height, width, …]. */
export const kernelWindow = ([height = 1, width = 1]: Shape, window: Window): PoolWindow => ({
  ...window,
  size: [height, width],
})

/** A frame of zeros, and where pixels lie in it: the first at (top, left), the others `apart` from each other, down and across. */
export interface Frame {
  readonly framed: boolean
  readonly high: number
  readonly wide: number
  readonly top: number
  readonly left: number
  readonly apart: Sides
}

const adjacent: Sides = [1, 1]

/** The frame around an input map; none where no window leaves the map. */
export const frameAround = ({ height, width, rows, columns, stride, span, top, left }: WindowPlan): Frame => {
  const high = (rows - 1) * stride[0] + span[0]
  const wide = (columns - 1) * stride[1] + span[1]
  const framed = top > 0 || left > 0 || high > height || wide > width
  return framed
    ? { framed, high, wide, top, left, apart: adjacent }
    : { framed, high: height, wide: width, top: 0, left: 0, apart: adjacent }
}

/** The frame around an output gradient, spaced by the stride, so that the mirrored kernel slides over it. */
export const frameBehind = ({ height, width, rows, columns, stride, span, top, left }: WindowPlan): Frame => {
  const [down, across] = span
  const moves = [...span, ...stride].some(each => each > 1)
  const framed = moves || top > 0 || left > 0 || rows !== height || columns !== width
  return framed
    ? {
        framed,
        high: height + down - 1,
        wide: width + across - 1,
        top: down - 1 - top,
        left: across - 1 - left,
        apart: stride,
      }
    : { framed, high: rows, wide: columns, top: 0, left: 0, apart: adjacent }
}

/** The cache that the frames of a group of images should fit. */
const cacheBytes = 1 << 16

export const groupOf = ({ high, wide }: Frame, channels: number, images: number): number =>
  Math.max(1, Math.min(images, Math.floor(cacheBytes / (4 * high * wide * channels))))

/** Scratch bytes of a group's frames, with slack to read past the end. */
export const scratchOf = ({ framed, high, wide }: Frame, channels: number, group: number): number =>
  framed ? 4 * group * high * wide * channels + 64 : 0

/** The frame without the gaps between its values. */
export const closeFrame = (frame: Frame): Frame => {
  const [down, across] = frame.apart
  const [top, left] = [Math.floor(frame.top / down), Math.floor(frame.left / across)]
  return {
    ...frame,
    high: top + Math.floor((frame.high - 1 - frame.top) / down) + 1,
    wide: left + Math.floor((frame.wide - 1 - frame.left) / across) + 1,
    top,
    left,
  }
}
