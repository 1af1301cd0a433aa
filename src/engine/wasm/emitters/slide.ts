/** The geometry of sliding windows, and the frame of zeros that makes bounds checks unnecessary. */

import type { Window } from '../../../graph/graph.js'
import { windowSpan } from '../../../net/infer.js'
import type { Shape } from '../../../net/shape.js'

export interface WindowPlan extends Window {
  readonly images: number
  /** Of the input map. */
  readonly height: number
  readonly width: number
  readonly channels: number
  /** Of the output map. */
  readonly rows: number
  readonly columns: number
  readonly size: number
  readonly span: number
  /** Padding before the first position. */
  readonly top: number
  readonly left: number
}

const paddingBefore = (side: number, positions: number, span: number, { stride, padding }: Window): number =>
  padding === 'same'
    ? Math.floor(Math.max((positions - 1) * stride + span - side, 0) / 2)
    : padding === 'valid'
      ? 0
      : padding

export const windowPlan = (x: Shape, y: Shape, size: number, window: Window): WindowPlan => {
  const [images = 0, height = 0, width = 0, channels = 0] = x
  const [, rows = 0, columns = 0] = y
  const span = windowSpan(size, window.dilation)
  const top = paddingBefore(height, rows, span, window)
  const left = paddingBefore(width, columns, span, window)
  return { ...window, images, height, width, channels, rows, columns, size, span, top, left }
}

/** A frame of zeros, and where pixels lie in it: the first at (top, left), the others `apart` from each other. */
export interface Frame {
  readonly framed: boolean
  readonly high: number
  readonly wide: number
  readonly top: number
  readonly left: number
  readonly apart: number
}

/** The frame around an input map; none where no window leaves the map. */
export const frameAround = ({ height, width, rows, columns, stride, span, top, left }: WindowPlan): Frame => {
  const reach = (positions: number) => (positions - 1) * stride + span
  const framed = top > 0 || left > 0 || reach(rows) > height || reach(columns) > width
  return framed
    ? { framed, high: reach(rows), wide: reach(columns), top, left, apart: 1 }
    : { framed, high: height, wide: width, top: 0, left: 0, apart: 1 }
}

/** The frame around an output gradient, spaced by the stride, so that the mirrored kernel slides over it. */
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

/** The cache that the frames of a group of images should fit. */
const cacheBytes = 1 << 16

export const groupOf = ({ high, wide }: Frame, channels: number, images: number): number =>
  Math.max(1, Math.min(images, Math.floor(cacheBytes / (4 * high * wide * channels))))

/** Scratch bytes of a group's frames, with slack to read past the end. */
export const scratchOf = ({ framed, high, wide }: Frame, channels: number, group: number): number =>
  framed ? 4 * group * high * wide * channels + 64 : 0
