/** Windows as the addon's operations take them. */
import type { PoolWindow, Window } from '../../../graph/graph.js'
import type { Shape } from '../../../net/shape.js'
import { sidesOf, slidesOf } from '../../../net/window.js'
import { type Attr, type Attrs, ints } from '../graph/node.js'

export type Paddings = readonly [top: number, bottom: number, left: number, right: number]

/** Rows and columns around a map [n, h, w, c], for a kernel [height, width, …]. */
export const paddingOf = ([, ...map]: Shape, window: Window, [height = 1, width = 1]: Shape): Paddings => {
  const [down, across] = slidesOf(map, { ...window, size: [height, width] })
  return [down.before, down.after, across.before, across.after]
}

export const isDense = ({ dilation }: Window): boolean => dilation === 1

export const movesByOne = ({ stride }: Window): boolean => sidesOf(stride).every(side => side === 1)

/** Strides and padding of a window on a map: down, across, top, bottom, left, right. */
export const windowOf = ([, ...map]: Shape, window: PoolWindow): Attr => {
  const [down, across] = slidesOf(map, window)
  return ints([down.stride, across.stride, down.before, down.after, across.before, across.after])
}

/** The attribute of a window on a map, of a kernel [height, width, …]. */
export const windowAttrs = (map: Shape, window: Window, [height = 1, width = 1]: Shape): Attrs => ({
  window: windowOf(map, { ...window, size: [height, width] }),
})
