/**
 * Windows of 3×3 that neither stride nor are dilated, by tiles: sixteen neighbouring outputs from thirty-six products, or
 * four from sixteen, where the definition takes nine each. Map and kernel are transformed, multiplied place by place as
 * products of matrices, and the result transformed back.
 *
 * Y = Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A for each tile d.
 * Source  Lavin and Gray 2016, F(4×4, 3×3) and F(2×2, 3×3)
 */
import { fill, scratch, touch } from '../frame'
import { finish, rows4, rows8 } from '../tile'
import { apart, between, gather, roundUp, spread } from './transforms'

/** The outputs of a tile to memory, by the flags: `tall` rows of `broad`. */
function finishTile(
  from: usize, row: usize, tall: i32, broad: i32, y: usize, ldy: usize, line: usize, left: i32, flags: i32, scale: usize, shift: usize,
): void {
  for (let i = 0; i < tall; i++)
    for (let j = 0; j < broad; j++)
      finish(y + <usize>i * line + <usize>j * ldy, v128.load(from + <usize>i * row + (<usize>j << 4)), left, flags, scale, shift)
}

/**
 * A convolution of 3×3 by tiles of `side` × `side` outputs.
 *
 * Shapes  x [images, height, width, channels] → y [images, rows, columns, filters]; ld… in bytes;
 *         the frame [high, wide] holds two pixels more than the tiles of outputs on each axis
 */
export function convolveTiles(
  from: i32, to: i32, // images
  side: i32, x: usize, ldx: usize, height: i32, width: i32, channels: i32,
  high: i32, wide: i32, top: i32, left: i32, strip: i32,
  packed: usize, filters: i32,
  y: usize, ldy: usize, rows: i32, columns: i32, flags: i32, scale: usize, shift: usize,
): void {
  const places = (side + 2) * (side + 2)
  const pixel = <usize>channels << 2
  const line = <usize>wide * pixel
  const across = (wide - 2) / side, down = (high - 2) / side
  const depth = <usize>roundUp(channels, 4) << 2, breadth = <usize>roundUp(filters, 8) << 2
  const most = roundUp(strip * across, 4)
  const placeOfD = apart(<usize>most * depth), placeOfM = apart(<usize>most * breadth)
  const placeOfG = <usize>channels * breadth
  const lineOfY = <usize>columns * ldy, row16 = <usize>(side + 2) << 4
  const isPlain = flags == 0
  const middle = scratch + ((<usize>high * line + 79) & ~15)
  const d = middle + between
  const m = d + <usize>places * placeOfD + 64
  memory.fill(scratch, 0, <usize>high * line)
  for (let n = from; n < to; n++) {
    fill(scratch, high, wide, top, left, 1, 1, x + <usize>n * <usize>(height * width) * ldx, ldx, height, width, channels)
    for (let first = 0; first < down; first += strip) {
      const some = min(strip, down - first)
      const tiles = some * across
      for (let row = 0; row < some; row++) {
        for (let column = 0; column < across; column++) {
          const tile = scratch + <usize>(side * (first + row)) * line + <usize>(side * column) * pixel
          const out = d + <usize>(row * across + column) * depth
          for (let at: usize = 0; at < pixel; at += 16) spread(side, tile + at, line, pixel, middle, out + at, placeOfD)
        }
      }
      for (let place = 0; place < places; place++) {
        const a = d + <usize>place * placeOfD
        const g = packed + <usize>place * placeOfG
        const out = m + <usize>place * placeOfM
        for (let f = 0; f < filters; f += 8) {
          const b = g + <usize>f * pixel
          const at = out + (<usize>f << 2)
          if (filters - f <= 4) rows4(a, depth, tiles, 1, 0, 1, 0, pixel, b, 0, 0, at, breadth, 4, 0, 0, 0)
          else rows8(a, depth, tiles, 1, 0, 1, 0, pixel, b, 0, 0, at, breadth, 8, 0, 0, 0)
        }
      }
      touch(y + <usize>(n * rows + side * first) * lineOfY, <usize>min(side * some, rows - side * first) * lineOfY)
      for (let row = 0; row < some; row++) {
        const i = side * (first + row)
        for (let column = 0; column < across; column++) {
          const j = side * column
          const tall = min(side, rows - i), broad = min(side, columns - j)
          const at = m + <usize>(row * across + column) * breadth
          const out = y + <usize>((n * rows + i) * columns + j) * ldy
          for (let f = 0; f < filters; f += 4) {
            const place = <usize>f << 2
            const left = filters - f
            if (isPlain && tall == side && broad == side && left >= 4) gather(side, at + place, placeOfM, middle, out + place, ldy, lineOfY)
            else {
              gather(side, at + place, placeOfM, middle, middle, 16, row16)
              finishTile(middle, row16, tall, broad, out + place, ldy, lineOfY, left, flags, scale + place, shift + place)
            }
          }
        }
      }
    }
  }
}
