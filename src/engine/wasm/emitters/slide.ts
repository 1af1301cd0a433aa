/** How a window slides over a map: where it starts, and the frame of zeros that spares it all bounds. */

import type { Window } from '../../../graph/graph.js'
import { windowSpan } from '../../../net/infer.js'
import type { Shape } from '../../../net/shape.js'

export interface WindowPlan extends Window {
  readonly images: number
  /** Of the map slid over. */
  readonly height: number
  readonly width: number
  readonly channels: number
  /** Positions. */
  readonly rows: number
  readonly columns: number
  readonly size: number
  readonly span: number
  /** Padding before the first position. */
  readonly top: number
  readonly left: number
}

const before = (side: number, places: number, span: number, { stride, padding }: Window): number =>
  padding === 'same'
    ? Math.floor(Math.max((places - 1) * stride + span - side, 0) / 2)
    : padding === 'valid'
      ? 0
      : padding

export const windowPlan = (x: Shape, y: Shape, size: number, window: Window): WindowPlan => {
  const [images = 0, height = 0, width = 0, channels = 0] = x
  const [, rows = 0, columns = 0] = y
  const span = windowSpan(size, window.dilation)
  const top = before(height, rows, span, window)
  const left = before(width, columns, span, window)
  return { ...window, images, height, width, channels, rows, columns, size, span, top, left }
}

/** A frame, and where in it the pixels go: the first at (top, left), the next `apart` further. */
export interface Frame {
  readonly framed: boolean
  readonly high: number
  readonly wide: number
  readonly top: number
  readonly left: number
  readonly apart: number
}

/** Around the map that windows slide over; none where no window leaves the map. */
export const frameAround = ({ height, width, rows, columns, stride, span, top, left }: WindowPlan): Frame => {
  const reach = (places: number) => (places - 1) * stride + span
  const framed = top > 0 || left > 0 || reach(rows) > height || reach(columns) > width
  return framed
    ? { framed, high: reach(rows), wide: reach(columns), top, left, apart: 1 }
    : { framed, high: height, wide: width, top: 0, left: 0, apart: 1 }
}

/** Around the signal that comes back: its positions apart as the windows strode, so that mirrored windows fit. */
export const frameBehind = ({ height, width, rows, columns, stride, span, top, left }: WindowPlan): Frame => {
  const framed = span > 1 || stride > 1 || top > 0 || left > 0 || rows !== height || columns !== width
  return framed
    ? {
        framed,
        high: height + span - 1,
        wide: width + span - 1,
        top: span - 1 - top,
        left: span - 1 - left,
        apart: stride,
      }
    : { framed, high: rows, wide: columns, top: 0, left: 0, apart: 1 }
}

/** Images whose frames stay in a near cache together. */
const cached = 1 << 16

export const groupOf = ({ high, wide }: Frame, channels: number, images: number): number =>
  Math.max(1, Math.min(images, Math.floor(cached / (4 * high * wide * channels))))

/** Bytes that the frames of a group take, with room to read past the end. */
export const scratchOf = ({ framed, high, wide }: Frame, channels: number, group: number): number =>
  framed ? 4 * group * high * wide * channels + 64 : 0
