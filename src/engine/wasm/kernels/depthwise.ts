/** Convolutions of each channel with a filter of its own. */
import { fill, scratch } from './frame'
import { put } from './tile'

/**
 * Shapes  x [images, height, width, channels], kernel [tall, broad, channels] → y [images, rows, columns, channels];
 *         `mirrored` takes the taps from the last to the first
 */
export function depthwise(
  from: i32, to: i32, // images
  x: usize, ldx: usize, height: i32, width: i32, channels: i32,
  high: i32, wide: i32, top: i32, left: i32, apartDown: i32, apartAcross: i32,
  kernel: usize, mirrored: i32, tall: i32, broad: i32, dilation: i32, down: i32, across: i32,
  y: usize, ldy: usize, rows: i32, columns: i32,
): void {
  const bytes = <usize>channels << 2
  const line = <usize>wide * bytes
  memory.fill(scratch, 0, <usize>high * line)
  for (let n = from; n < to; n++) {
    fill(scratch, high, wide, top, left, apartDown, apartAcross, x + <usize>n * <usize>(height * width) * ldx, ldx, height, width, channels)
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const corner = scratch + <usize>(row * down) * line + <usize>(column * across) * bytes
        const out = y + <usize>((n * rows + row) * columns + column) * ldy
        for (let c = 0; c < channels; c += 4) {
          let sum = f32x4.splat(0)
          const place = <usize>c << 2
          for (let i = 0; i < tall; i++) {
            for (let j = 0; j < broad; j++) {
              const tap = mirrored ? tall * broad - 1 - (i * broad + j) : i * broad + j
              const value = v128.load(corner + <usize>(i * dilation) * line + <usize>(j * dilation) * bytes + place)
              sum = f32x4.add(sum, f32x4.mul(value, v128.load(kernel + <usize>tap * bytes + place)))
            }
          }
          put(out + place, sum, channels - c)
        }
      }
    }
  }
}

/** The gradient to the filters. Shapes  x [images, height, width, channels], dy [images, rows, columns, channels] → dk */
export function depthwiseKernel(
  from: i32, to: i32, // blocks of four channels
  images: i32, x: usize, ldx: usize, height: i32, width: i32, channels: i32,
  high: i32, wide: i32, top: i32, left: i32,
  dy: usize, ldd: usize, rows: i32, columns: i32,
  tall: i32, broad: i32, dilation: i32, down: i32, across: i32, dk: usize,
): void {
  const bytes = <usize>channels << 2
  const line = <usize>wide * bytes
  memory.fill(scratch, 0, <usize>high * line)
  for (let n = 0; n < images; n++) {
    fill(scratch, high, wide, top, left, 1, 1, x + <usize>n * <usize>(height * width) * ldx, ldx, height, width, channels)
    for (let block = from; block < to; block++) {
      const place = <usize>block << 4
      for (let tap = 0; tap < tall * broad; tap++) {
        const corner = scratch + <usize>(tap / broad * dilation) * line + <usize>(tap % broad * dilation) * bytes + place
        let sum = f32x4.splat(0)
        for (let row = 0; row < rows; row++) {
          let p = corner + <usize>(row * down) * line
          let q = dy + <usize>((n * rows + row) * columns) * ldd + place
          for (let column = 0; column < columns; column++) {
            sum = f32x4.add(sum, f32x4.mul(v128.load(p), v128.load(q)))
            p += <usize>across * bytes
            q += ldd
          }
        }
        const at = dk + <usize>tap * bytes + place
        put(at, n > 0 ? f32x4.add(sum, v128.load(at)) : sum, channels - (block << 2))
      }
    }
  }
}
