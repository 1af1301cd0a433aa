/**
 * Windows of 3×3 that neither stride nor are dilated, by tiles: sixteen neighbouring outputs from thirty-six products, or
 * four from sixteen, where the definition takes nine each. Map and kernel are transformed, multiplied place by place as
 * products of matrices, and the result transformed back.
 *
 * Y = Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A for each tile d.
 * Source  Lavin and Gray 2016, F(4×4, 3×3) and F(2×2, 3×3)
 */
import { divideUp, fill, scratch, touch } from '../frame'
import { multiplyRow } from '../row'
import { finish, rows4, rows8 } from '../tile'
import { apart, between, gather, roundUp, spreadTiles } from './transforms'

/** The products of all places. Shapes  d [places][tiles][channels], packed kernels → m [places][tiles][filters] */
// @ts-ignore: decorator
@inline
function multiplyPlaces(
  places: i32, tiles: i32, d: usize, depth: usize, placeOfD: usize, packed: usize, pixel: usize, filters: i32, m: usize, breadth: usize, placeOfM: usize,
): void {
  for (let place = 0; place < places; place++) {
    const a = d + <usize>place * placeOfD, out = m + <usize>place * placeOfM
    const g = packed + <usize>place * (pixel >> 2) * breadth
    if (tiles == 1) {
      multiplyRow(a, pixel, g, out, filters, 0, 0, 0)
      continue
    }
    for (let f = 0; f < filters; f += 8) {
      const b = g + <usize>f * pixel, y = out + (<usize>f << 2)
      if (filters - f <= 4) rows4(a, depth, tiles, 1, 0, 1, 0, pixel, b, 0, 0, y, breadth, 4, 0, 0, 0)
      else rows8(a, depth, tiles, 1, 0, 1, 0, pixel, b, 0, 0, y, breadth, 8, 0, 0, 0)
    }
  }
}

/** The outputs of a tile to memory, by the flags: `tall` rows of `broad`. */
function finishTile(
  from: usize, row: usize, tall: i32, broad: i32, y: usize, ldy: usize, line: usize, left: i32, flags: i32, scale: usize, shift: usize,
): void {
  for (let i = 0; i < tall; i++)
    for (let j = 0; j < broad; j++)
      finish(y + <usize>i * line + <usize>j * ldy, v128.load(from + <usize>i * row + (<usize>j << 4)), left, flags, scale, shift)
}

/** The tile's outputs of all filters; whole ones that are simply stored take no way round. */
// @ts-ignore: decorator
@inline
function gatherTile(
  side: i32, m: usize, place: usize, middle: usize, y: usize, ldy: usize, line: usize, tall: i32, broad: i32,
  filters: i32, flags: i32, scale: usize, shift: usize,
): void {
  const row = <usize>(side + 2) << 4
  const isPlain = flags == 0 && tall == side && broad == side
  for (let f = 0; f < filters; f += 4) {
    const at = <usize>f << 2, left = filters - f
    if (isPlain && left >= 4) gather(side, m + at, place, middle, y + at, ldy, line)
    else {
      gather(side, m + at, place, middle, middle, 16, row)
      finishTile(middle, row, tall, broad, y + at, ldy, line, left, flags, scale + at, shift + at)
    }
  }
}

/** The outputs of a strip. Shapes  m [places][tiles][filters] → y [rows, columns, filters] */
// @ts-ignore: decorator
@inline
function gatherTiles(
  side: i32, m: usize, breadth: usize, place: usize, across: i32, middle: usize, y: usize, ldy: usize, rows: i32, columns: i32,
  filters: i32, flags: i32, scale: usize, shift: usize,
): void {
  const line = <usize>columns * ldy
  touch(y, <usize>rows * line)
  for (let i = 0; i < rows; i += side) {
    for (let column = 0; column < across; column++) {
      const j = side * column
      gatherTile(
        side, m + <usize>(i / side * across + column) * breadth, place, middle, y + <usize>i * line + <usize>j * ldy, ldy, line,
        min(side, rows - i), min(side, columns - j), filters, flags, scale, shift,
      )
    }
  }
}

/**
 * A convolution of 3×3 by tiles of `side` × `side` outputs.
 *
 * Shapes  x [images, height, width, channels] → y [images, rows, columns, filters]; ld… in bytes;
 *         the frame [high, wide] holds two pixels more than the tiles of outputs on each axis
 */
export function convolveTiles(
  from: i32, to: i32, // panels of filters, of one image after another
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
  const middle = scratch + ((<usize>high * line + 79) & ~15)
  const d = middle + between
  const m = d + <usize>places * placeOfD + 64
  memory.fill(scratch, 0, <usize>high * line)
  const panels = divideUp(filters, 8)
  for (let unit = from; unit < to; ) {
    const n = unit / panels, first = unit % panels
    const last = min(panels, first + to - unit)
    const f = first << 3, count = min(filters, last << 3) - f
    const at = <usize>f << 2
    unit += last - first
    fill(scratch, high, wide, top, left, 1, 1, x + <usize>n * <usize>(height * width) * ldx, ldx, height, width, channels)
    for (let tile = 0; tile < down; tile += strip) {
      const some = min(strip, down - tile), row = side * tile
      spreadTiles(side, scratch + <usize>row * line, line, pixel, pixel, some, across, middle, d, depth, placeOfD)
      multiplyPlaces(places, some * across, d, depth, placeOfD, packed + <usize>f * pixel, pixel, count, m, breadth, placeOfM)
      gatherTiles(
        side, m, breadth, placeOfM, across, middle, y + <usize>((n * rows + row) * columns) * ldy + at, ldy,
        min(side * some, rows - row), columns, count, flags, scale + at, shift + at,
      )
    }
  }
}
