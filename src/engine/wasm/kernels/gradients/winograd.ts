/**
 * The gradient to a kernel of 3×3, by tiles of outputs: Gᵀ[Σ (A dy Aᵀ) ⊙ (Bᵀ d B)]G.
 *
 * Source  Lavin and Gray 2016, F(4×4, 3×3) and F(2×2, 3×3)
 */
import { fill, scratch, touch } from '../frame'
import { ACCUMULATE, columns4, columns8, finish, overGrid } from '../tile'
import { apart, between, lower, roundUp, spreadTiles, widen } from '../winograd/transforms'

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

/** A dy Aᵀ of all tiles of an image. Shapes  dy [rows, columns, filters] → s [places][tile][filters to the next eight] */
// @ts-ignore: decorator
@inline
function widenTiles(
  side: i32, dy: usize, ldd: usize, rows: i32, columns: i32, across: i32, tile: usize, middle: usize, s: usize, breadth: usize, place: usize,
): void {
  const line = <usize>columns * ldd
  touch(dy, <usize>rows * line)
  for (let i = 0; i < rows; i += side) {
    for (let j = 0; j < columns; j += side) {
      const from = dy + <usize>i * line + <usize>j * ldd
      const to = s + <usize>(i / side * across + j / side) * breadth
      const whole = i + side <= rows && j + side <= columns
      for (let at: usize = 0; at < breadth; at += 16) {
        if (!whole) copyTile(side, from + at, line, ldd, rows - i, columns - j, tile)
        if (whole) widen(side, from + at, line, ldd, middle, to + at, place)
        else widen(side, tile, <usize>side << 4, 16, middle, to + at, place)
      }
    }
  }
}

/** Adds the products of all places. Shapes  d [places][tiles][4], s [places][tiles][filters] → sums [places][4][filters] */
// @ts-ignore: decorator
@inline
function sumPlaces(places: i32, d: usize, placeOfD: usize, s: usize, placeOfS: usize, filters: i32, sums: usize, breadth: usize): void {
  for (let place = 0; place < places; place++) {
    const a = d + <usize>place * placeOfD
    const b = s + <usize>place * placeOfS
    const out = sums + <usize>(4 * place) * breadth
    for (let f = 0; f < filters; f += 8) {
      const at = <usize>f << 2
      if (filters - f <= 4) columns4(a, b + at, out + at, breadth, 4, 4, ACCUMULATE)
      else columns8(a, b + at, out + at, breadth, 4, 8, ACCUMULATE)
    }
  }
}

/** Gᵀ p G of a block of channels. Shapes  sums [places][4][filters] → dk [3, 3, channels, filters], taps so many bytes apart */
// @ts-ignore: decorator
@inline
function lowerTiles(side: i32, sums: usize, breadth: usize, channels: i32, filters: i32, middle: usize, dk: usize, taps: usize): void {
  const row = <usize>(side + 2) << 4
  for (let c = 0; c < channels; c++) {
    for (let f = 0; f < filters; f += 4) {
      const out = dk + (<usize>(c * filters + f) << 2)
      lower(side, sums + <usize>c * breadth + (<usize>f << 2), 4 * breadth, middle)
      for (let i = 0; i < 3; i++)
        for (let j = 0; j < 3; j++)
          finish(out + <usize>(3 * i + j) * taps, v128.load(middle + <usize>i * row + (<usize>j << 4)), filters - f, 0, 0, 0)
    }
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
  const placeOfD = apart(most << 4), placeOfS = apart(most * breadth), sumsOfBlock = <usize>(4 * places) * breadth
  const middle = scratch + ((<usize>group * image + 79) & ~15), tile = middle + between
  const d = tile + between
  const s = d + <usize>places * placeOfD + 64
  const sums = s + <usize>places * placeOfS + 64
  memory.fill(scratch, 0, <usize>group * image)
  memory.fill(sums, 0, <usize>(to - from) * sumsOfBlock)
  for (let n = 0; n < images; n += group) {
    const some = min(group, images - n)
    for (let g = 0; g < some; g++) {
      fill(scratch + <usize>g * image, high, wide, top, left, 1, 1, x + <usize>(n + g) * <usize>(height * width) * ldx, ldx, height, width, channels)
      const signal = dy + <usize>((n + g) * rows * columns) * ldd
      widenTiles(side, signal, ldd, rows, columns, across, tile, middle, s + <usize>(g * area) * breadth, breadth, placeOfS)
    }
    overGrid(1, 1, some * area, 0, 0, 16, 0, 0, breadth)
    for (let block = from; block < to; block++) {
      for (let g = 0; g < some; g++) {
        const corner = scratch + <usize>g * image + (<usize>block << 4)
        spreadTiles(side, corner, line, pixel, 16, down, across, middle, d + (<usize>(g * area) << 4), 16, placeOfD)
      }
      sumPlaces(places, d, placeOfD, s, placeOfS, filters, sums + <usize>(block - from) * sumsOfBlock, breadth)
    }
  }
  for (let block = from; block < to; block++) {
    const out = dk + (<usize>(4 * block * filters) << 2)
    const count = min(channels - 4 * block, 4)
    lowerTiles(side, sums + <usize>(block - from) * sumsOfBlock, breadth, count, filters, middle, out, <usize>(channels * filters) << 2)
  }
}
