/** Convolutions and pools, tap by tap. */
import type { PoolWindow, Value, Window } from '../../../../src/graph/graph.js'
import type { Extent } from '../../../../src/net/tree.js'
import { at, blank, bump, count, last, type Numbers, type Shape } from './arrays.js'

/** Padding before the first position, as TensorFlow has it: the odd one goes behind. */
const lead = (
  axis: 0 | 1,
  side: number,
  places: number,
  size: number,
  { stride, dilation, padding }: Window,
): number => {
  const span = dilation * (size - 1) + 1
  if (padding === 'valid') return 0
  if (padding === 'same') return Math.floor(Math.max((places - 1) * along(stride, axis) + span - side, 0) / 2)
  return typeof padding === 'number' ? padding : padding[axis === 0 ? 0 : 2]
}

/** Of an extent, what it is down or across. */
const along = (extent: Extent, axis: 0 | 1): number => (typeof extent === 'number' ? extent : extent[axis])

/** Each tap of each window that falls on the map: where in x and y it is (without the channel), and which tap. */
const taps = (
  x: Shape,
  y: Shape,
  size: readonly [number, number],
  window: Window,
  visit: (inside: number, outside: number, tap: number) => void,
): void => {
  const [images = 0, height = 0, width = 0] = x
  const [, rows = 0, columns = 0] = y
  const [high, wide] = size
  const top = lead(0, height, rows, high, window)
  const left = lead(1, width, columns, wide, window)
  for (let n = 0; n < images; n++)
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++)
        for (let i = 0; i < high; i++)
          for (let j = 0; j < wide; j++) {
            const h = row * along(window.stride, 0) + i * window.dilation - top
            const w = column * along(window.stride, 1) + j * window.dilation - left
            if (h < 0 || h >= height || w < 0 || w >= width) continue
            visit((n * height + h) * width + w, (n * rows + row) * columns + column, i * wide + j)
          }
}

/** Visits every product of a value of x with one of the kernel, by its index in x, kernel and y. */
type Products = (
  x: Shape,
  kernel: Shape,
  y: Shape,
  window: Window,
  visit: (xi: number, ki: number, yi: number) => void,
) => void

/** Those of a convolution. */
export const products: Products = (x, kernel, y, window, visit) => {
  const [high = 1, wide = 1, channels = 1, filters = 1] = kernel
  taps(x, y, [high, wide], window, (inside, outside, tap) => {
    for (let c = 0; c < channels; c++)
      for (let f = 0; f < filters; f++)
        visit(inside * channels + c, (tap * channels + c) * filters + f, outside * filters + f)
  })
}

/** Those of a depthwise convolution. */
export const channelProducts: Products = (x, kernel, y, window, visit) => {
  const channels = last(x)
  const [high = 1, wide = 1] = kernel
  taps(x, y, [high, wide], window, (inside, outside, tap) => {
    for (let c = 0; c < channels; c++)
      visit(inside * channels + c, tap * channels + c, outside * channels + c)
  })
}

export const forward =
  (over: Products) =>
  (
    { op: { window }, inputs: [x, kernel], shape }: Value & { op: { window: Window } },
    [xs, ks]: Numbers[],
  ) => {
    const y = blank(shape)
    over(x?.shape ?? [], kernel?.shape ?? [], shape, window, (xi, ki, yi) =>
      bump(y, yi, at(xs, xi) * at(ks, ki)),
    )
    return [y]
  }

export const toInput =
  (over: Products) =>
  (
    { op: { window }, inputs: [dy, kernel], shape }: Value & { op: { window: Window } },
    [ds, ks]: Numbers[],
  ) => {
    const dx = blank(shape)
    over(shape, kernel?.shape ?? [], dy?.shape ?? [], window, (xi, ki, yi) =>
      bump(dx, xi, at(ds, yi) * at(ks, ki)),
    )
    return [dx]
  }

export const toKernel =
  (over: Products) =>
  ({ op: { window }, inputs: [dy, x], shape }: Value & { op: { window: Window } }, [ds, xs]: Numbers[]) => {
    const dk = blank(shape)
    over(x?.shape ?? [], shape, dy?.shape ?? [], window, (xi, ki, yi) =>
      bump(dk, ki, at(ds, yi) * at(xs, xi)),
    )
    return [dk]
  }

/** Every tap of a pool that falls on the map, channel by channel. */
export const pooled = (
  x: Shape,
  y: Shape,
  window: PoolWindow,
  visit: (xi: number, yi: number) => void,
): void => {
  const channels = last(x)
  taps(x, y, [along(window.size, 0), along(window.size, 1)], window, (inside, outside) => {
    for (let c = 0; c < channels; c++) visit(inside * channels + c, outside * channels + c)
  })
}

/** How many taps of each window a mean is over: all, or those that fall on the map. */
export const tapsOf = (x: Shape, y: Shape, window: PoolWindow, countPadding: boolean): Numbers => {
  const counts = blank(y)
  if (countPadding) return counts.fill(along(window.size, 0) * along(window.size, 1))
  pooled(x, y, window, (_, yi) => bump(counts, yi, 1))
  return counts
}

/** For each window the index of its first maximum. */
export const winners = (x: Shape, y: Shape, window: PoolWindow, xs: Numbers | undefined): Int32Array => {
  const best = new Int32Array(count(y)).fill(-1)
  pooled(x, y, window, (xi, yi) => {
    if (at(best, yi) < 0 || at(xs, xi) > at(xs, at(best, yi))) best[yi] = xi
  })
  return best
}
