/** Kernels of 3×3, transformed. */
import { scratch } from '../frame'
import { between, raise, roundUp } from './transforms'

/** `count` values that lie so many floats apart, zeros behind. */
// @ts-ignore: decorator
@inline
function four(from: usize, step: i32, count: i32): v128 {
  if (step == 1 && count >= 4) return v128.load(from)
  const bytes = <isize>step << 2
  let values = f32x4.splat(0)
  if (count > 0) values = v128.load32_lane(from, values, 0)
  if (count > 1) values = v128.load32_lane(from + bytes, values, 1)
  if (count > 2) values = v128.load32_lane(from + 2 * bytes, values, 2)
  if (count > 3) values = v128.load32_lane(from + 3 * bytes, values, 3)
  return values
}

/**
 * A kernel or its mirror, transformed and packed as `pack` does.
 *
 * Shapes  source: 9 × `depth` × `width` values, their strides in floats → target [places][panel][depth][8 or 4]
 */
export function packTiles(
  from: i32, to: i32, // panels
  side: i32, source: usize, target: usize, depth: i32, width: i32, tapStep: i32, depthStep: i32, widthStep: i32,
): void {
  const place = <usize>(depth * roundUp(width, 8)) << 2
  const taps = (scratch + 15) & ~15
  for (let panel = from; panel < to; panel++) {
    const first = panel * 8
    const columns = width - first > 4 ? 8 : 4
    for (let d = 0; d < depth; d++) {
      for (let column = 0; column < columns; column += 4) {
        const base = source + (<isize>(d * depthStep + (first + column) * widthStep) << 2)
        const left = width - first - column
        for (let tap = 0; tap < 9; tap++)
          v128.store(taps + (<usize>tap << 4), four(base + (<isize>(tap * tapStep) << 2), widthStep, left))
        raise(side, taps, taps + between, target + (<usize>(first * depth + d * columns + column) << 2), place)
      }
    }
  }
}
