/**
 * The gradient to a kernel of 3×3, by tiles of outputs: Gᵀ[Σ (A dy Aᵀ) ⊙ (Bᵀ d B)]G.
 *
 * Source  Lavin and Gray 2016, F(4×4, 3×3) and F(2×2, 3×3)
 */
import { fill, scratch, touch } from '../frame'
import { ACCUMULATE, columns4, columns8, finish, overGrid } from '../tile'
import { apart, between, lower, roundUp, spread, widen } from '../winograd/transforms'

/** A tile of signals, `tall` rows of `broad`, zeros behind. Shapes  → [side][side] vectors */
// @ts-ignore: decorator
@inline
function copyTile(side: i32, dy: usize, line: usize, ldd: usize, tall: i32, broad: i32, to: usize): void {
  for (let i = 0; i < side; i++)
    for (let j = 0; j < side; j++) {
      const inside = i < tall && j < broad
      v128.store(to + (<usize>(i * side + j) << 4), inside ? v128.load(dy + <usize>i * line + <usize>j * ldd) : f32x4.splat(0))
    }
}

/**
 * The gradient to a kernel of 3×3, a few images at a time, by tiles of `side` × `side` signals.
 *
 * Shapes  x [images, height, width, channels], dy [images, rows, columns, filters] → dk [3, 3, channels, filters]
 */
export function convolveTilesKernel(
  from: i32, to: i32, // blocks of four channels
  side: i32, images: i32, x: usize, ldx: usize, height: i32, width: i32, channels: i32,
  high: i32, wide: i32, top: i32, left: i32, group: i32,
  dy: usize, ldd: usize, rows: i32, columns: i32, filters: i32, dk: usize,
): void {
  const places = (side + 2) * (side + 2)
  const pixel = <usize>channels << 2
  const line = <usize>wide * pixel
  const image = <usize>high * line
  const across = (wide - 2) / side, down = (high - 2) / side
  const area = across * down
  const breadth = <usize>roundUp(filters, 8) << 2
  const most = <usize>(group * area)
  const placeOfD = apart(most << 4), placeOfS = apart(most * breadth), placeOfP = breadth << 2
  const lineOfY = <usize>columns * ldd
  const middle = scratch + ((<usize>group * image + 79) & ~15), tile = middle + between
  const d = tile + between
  const s = d + <usize>places * placeOfD + 64
  const p = s + <usize>places * placeOfS + 64
  memory.fill(scratch, 0, <usize>group * image)
  memory.fill(p, 0, <usize>((to - from) * places) * placeOfP)
  for (let n = 0; n < images; n += group) {
    const some = min(group, images - n)
    const tiles = some * area
    for (let g = 0; g < some; g++) {
      fill(scratch + <usize>g * image, high, wide, top, left, 1, 1, x + <usize>(n + g) * <usize>(height * width) * ldx, ldx, height, width, channels)
      touch(dy + <usize>((n + g) * rows) * lineOfY, <usize>rows * lineOfY)
      for (let i = 0; i < rows; i += side) {
        for (let j = 0; j < columns; j += side) {
          const at = dy + <usize>(((n + g) * rows + i) * columns + j) * ldd
          const out = s + <usize>(g * area + i / side * across + j / side) * breadth
          const whole = i + side <= rows && j + side <= columns
          for (let place: usize = 0; place < breadth; place += 16) {
            if (!whole) copyTile(side, at + place, lineOfY, ldd, rows - i, columns - j, tile)
            if (whole) widen(side, at + place, lineOfY, ldd, middle, out + place, placeOfS)
            else widen(side, tile, <usize>side << 4, 16, middle, out + place, placeOfS)
          }
        }
      }
    }
    overGrid(1, 1, tiles, 0, 0, 16, 0, 0, breadth)
    for (let block = from; block < to; block++) {
      for (let g = 0; g < some; g++) {
        for (let row = 0; row < down; row++) {
          for (let column = 0; column < across; column++) {
            const corner = scratch + <usize>g * image + <usize>(side * row) * line + <usize>(side * column) * pixel + (<usize>block << 4)
            spread(side, corner, line, pixel, middle, d + (<usize>(g * area + row * across + column) << 4), placeOfD)
          }
        }
      }
      const sums = p + <usize>((block - from) * places) * placeOfP
      for (let place = 0; place < places; place++) {
        const a = d + <usize>place * placeOfD
        const b = s + <usize>place * placeOfS
        const out = sums + <usize>place * placeOfP
        for (let f = 0; f < filters; f += 8) {
          const at = <usize>f << 2
          if (filters - f <= 4) columns4(a, b + at, out + at, breadth, 4, 4, ACCUMULATE)
          else columns8(a, b + at, out + at, breadth, 4, 8, ACCUMULATE)
        }
      }
    }
  }
  const taps = <usize>(channels * filters) << 2, row = <usize>(side + 2) << 4
  for (let block = from; block < to; block++) {
    const sums = p + <usize>((block - from) * places) * placeOfP
    for (let c = 0, count = min(channels - 4 * block, 4); c < count; c++) {
      for (let f = 0; f < filters; f += 4) {
        const out = dk + (<usize>((4 * block + c) * filters + f) << 2)
        lower(side, sums + <usize>c * breadth + (<usize>f << 2), placeOfP, middle)
        for (let i = 0; i < 3; i++)
          for (let j = 0; j < 3; j++)
            finish(out + <usize>(3 * i + j) * taps, v128.load(middle + <usize>i * row + (<usize>j << 4)), filters - f, 0, 0, 0)
      }
    }
  }
}
