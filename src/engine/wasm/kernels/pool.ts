/** Pools and their gradients; what lies outside the map takes no part. */
import { put } from './tile'

/**
 * The largest of each window. Shapes  x [images, height, width, channels] → y [images, rows, columns, channels]
 */
export function maxPool(
  from: i32, to: i32, // images
  x: usize, ldx: usize, height: i32, width: i32, channels: i32,
  size: i32, stride: i32, top: i32, left: i32,
  y: usize, ldy: usize, rows: i32, columns: i32,
): void {
  for (let n = from; n < to; n++) {
    const image = x + <usize>(n * height * width) * ldx
    for (let row = 0; row < rows; row++) {
      const low = max(row * stride - top, 0), high = min(row * stride - top + size, height)
      for (let column = 0; column < columns; column++) {
        const near = max(column * stride - left, 0), far = min(column * stride - left + size, width)
        const out = y + <usize>((n * rows + row) * columns + column) * ldy
        for (let c = 0; c < channels; c += 4) {
          const place = <usize>c << 2
          let best = f32x4.splat(-Infinity)
          for (let i = low; i < high; i++) {
            let p = image + <usize>(i * width + near) * ldx + place
            for (let j = near; j < far; j++) {
              best = f32x4.max(best, v128.load(p))
              p += ldx
            }
          }
          put(out + place, best, channels - c)
        }
      }
    }
  }
}

/** To the first value that equals the window's largest. Shapes  dy, y [images, rows, columns, channels] → dx as x */
export function maxPoolGrad(
  from: i32, to: i32, // images
  dy: usize, ldd: usize, x: usize, ldx: usize, height: i32, width: i32, channels: i32,
  size: i32, stride: i32, top: i32, left: i32,
  y: usize, ldy: usize, rows: i32, columns: i32, dx: usize, accumulate: i32,
): void {
  const bytes = <usize>channels << 2
  for (let n = from; n < to; n++) {
    const image = x + <usize>(n * height * width) * ldx
    const back = dx + <usize>(n * height * width) * bytes
    if (!accumulate) memory.fill(back, 0, <usize>(height * width) * bytes)
    for (let row = 0; row < rows; row++) {
      const low = max(row * stride - top, 0), high = min(row * stride - top + size, height)
      for (let column = 0; column < columns; column++) {
        const near = max(column * stride - left, 0), far = min(column * stride - left + size, width)
        const pixel = <usize>((n * rows + row) * columns + column)
        for (let c = 0; c < channels; c += 4) {
          const place = <usize>c << 2
          const best = v128.load(y + pixel * ldy + place)
          let signal = v128.load(dy + pixel * ldd + place)
          for (let i = low; i < high; i++) {
            for (let j = near; j < far; j++) {
              const at = <usize>(i * width + j)
              const here = f32x4.eq(v128.load(image + at * ldx + place), best)
              const to = back + at * bytes + place
              put(to, f32x4.add(v128.load(to), v128.and(signal, here)), channels - c)
              signal = v128.andnot(signal, here)
            }
          }
        }
      }
    }
  }
}

/** The mean of each window's part on the map. */
export function avgPool(
  from: i32, to: i32, // images
  x: usize, ldx: usize, height: i32, width: i32, channels: i32,
  size: i32, stride: i32, top: i32, left: i32,
  y: usize, ldy: usize, rows: i32, columns: i32,
): void {
  for (let n = from; n < to; n++) {
    const image = x + <usize>(n * height * width) * ldx
    for (let row = 0; row < rows; row++) {
      const low = max(row * stride - top, 0), high = min(row * stride - top + size, height)
      for (let column = 0; column < columns; column++) {
        const near = max(column * stride - left, 0), far = min(column * stride - left + size, width)
        const share = f32x4.splat(1 / <f32>((high - low) * (far - near)))
        const out = y + <usize>((n * rows + row) * columns + column) * ldy
        for (let c = 0; c < channels; c += 4) {
          const place = <usize>c << 2
          let sum = f32x4.splat(0)
          for (let i = low; i < high; i++) {
            let p = image + <usize>(i * width + near) * ldx + place
            for (let j = near; j < far; j++) {
              sum = f32x4.add(sum, v128.load(p))
              p += ldx
            }
          }
          put(out + place, f32x4.mul(sum, share), channels - c)
        }
      }
    }
  }
}

/** Each signal shared out evenly over its window's part on the map. */
export function avgPoolGrad(
  from: i32, to: i32, // images
  dy: usize, ldd: usize, height: i32, width: i32, channels: i32,
  size: i32, stride: i32, top: i32, left: i32,
  rows: i32, columns: i32, dx: usize, accumulate: i32,
): void {
  const bytes = <usize>channels << 2
  for (let n = from; n < to; n++) {
    const back = dx + <usize>(n * height * width) * bytes
    if (!accumulate) memory.fill(back, 0, <usize>(height * width) * bytes)
    for (let row = 0; row < rows; row++) {
      const low = max(row * stride - top, 0), high = min(row * stride - top + size, height)
      for (let column = 0; column < columns; column++) {
        const near = max(column * stride - left, 0), far = min(column * stride - left + size, width)
        const share = f32x4.splat(1 / <f32>((high - low) * (far - near)))
        const pixel = <usize>((n * rows + row) * columns + column)
        for (let c = 0; c < channels; c += 4) {
          const place = <usize>c << 2
          const signal = f32x4.mul(v128.load(dy + pixel * ldd + place), share)
          for (let i = low; i < high; i++) {
            for (let j = near; j < far; j++) {
              const to = back + <usize>(i * width + j) * bytes + place
              put(to, f32x4.add(v128.load(to), signal), channels - c)
            }
          }
        }
      }
    }
  }
}
