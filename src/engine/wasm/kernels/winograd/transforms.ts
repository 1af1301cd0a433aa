/**
 * The transforms of a tile of `side` × `side` outputs, of four channels: along its columns, then along its rows. Between the
 * two a tile lies in memory, [side + 2][side + 2] vectors at most. Lines are written out one by one where that is hot: a loop
 * over them costs up to a tenth of a product's time.
 */
import { gatherFour, lowerFour, raiseFour, spreadFour, widenFour } from './four'
import { gatherTwo, lowerTwo, raiseTwo, spreadTwo, widenTwo } from './two'

/** Bytes of a tile between its columns and its rows. */
export const between: usize = 36 << 4

// @ts-ignore: decorator
@inline
export function roundUp(count: i32, to: i32): i32 {
  return (count + to - 1) / to * to
}

/** From one place to the next: one cache line more than it takes, lest all places compete for the same few lines. */
// @ts-ignore: decorator
@inline
export function apart(bytes: usize): usize {
  return ((bytes + 63) & ~63) + 64
}

// @ts-ignore: decorator
@inline
function spreadLine(side: i32, from: usize, step: usize, to: usize, place: usize): void {
  if (side == 2) spreadTwo(from, step, to, place)
  else spreadFour(from, step, to, place)
}

/** Lines of a tile, `apart` bytes from one to the next. */
// @ts-ignore: decorator
@inline
function spreadLines(lines: i32, side: i32, from: usize, apart: usize, step: usize, to: usize, next: usize, place: usize): void {
  spreadLine(side, from, step, to, place)
  spreadLine(side, from + apart, step, to + next, place)
  if (lines > 2) {
    spreadLine(side, from + 2 * apart, step, to + 2 * next, place)
    spreadLine(side, from + 3 * apart, step, to + 3 * next, place)
  }
  if (lines > 4) {
    spreadLine(side, from + 4 * apart, step, to + 4 * next, place)
    spreadLine(side, from + 5 * apart, step, to + 5 * next, place)
  }
}

/** Bᵀ d B: to (side + 2)² vectors, `place` bytes apart. */
// @ts-ignore: decorator
@inline
export function spread(side: i32, tile: usize, line: usize, pixel: usize, middle: usize, to: usize, place: usize): void {
  const places = side + 2
  const row = <usize>places << 4
  const next = <usize>places * place
  spreadLines(places, side, tile, pixel, line, middle, 16, row)
  spreadLines(places, side, middle, row, 16, to, next, place)
}

/** The same of `down` × `across` tiles, `bytes` of each pixel. Shapes  → d [places][tile][`depth` bytes] */
// @ts-ignore: decorator
@inline
export function spreadTiles(
  side: i32, from: usize, line: usize, pixel: usize, bytes: usize, down: i32, across: i32, middle: usize, d: usize, depth: usize, place: usize,
): void {
  for (let row = 0; row < down; row++) {
    for (let column = 0; column < across; column++) {
      const tile = from + <usize>(side * row) * line + <usize>(side * column) * pixel
      const to = d + <usize>(row * across + column) * depth
      for (let at: usize = 0; at < bytes; at += 16) spread(side, tile + at, line, pixel, middle, to + at, place)
    }
  }
}

// @ts-ignore: decorator
@inline
function gatherLine(side: i32, from: usize, step: usize, to: usize, place: usize): void {
  if (side == 2) gatherTwo(from, step, to, place)
  else gatherFour(from, step, to, place)
}

/** The same back. */
// @ts-ignore: decorator
@inline
function gatherLines(lines: i32, side: i32, from: usize, apart: usize, step: usize, to: usize, next: usize, place: usize): void {
  gatherLine(side, from, step, to, place)
  gatherLine(side, from + apart, step, to + next, place)
  if (lines > 2) {
    gatherLine(side, from + 2 * apart, step, to + 2 * next, place)
    gatherLine(side, from + 3 * apart, step, to + 3 * next, place)
  }
  if (lines > 4) {
    gatherLine(side, from + 4 * apart, step, to + 4 * next, place)
    gatherLine(side, from + 5 * apart, step, to + 5 * next, place)
  }
}

/** Aᵀ m A: to `side` rows, `line` bytes apart, of vectors `ld` bytes apart. */
// @ts-ignore: decorator
@inline
export function gather(side: i32, m: usize, place: usize, middle: usize, y: usize, ld: usize, line: usize): void {
  const places = side + 2
  const row = <usize>places << 4
  const next = <usize>places * place
  gatherLines(places, side, m, place, next, middle, 16, row)
  gatherLines(side, side, middle, row, 16, y, line, ld)
}

// @ts-ignore: decorator
@inline
function raiseLine(side: i32, from: usize, step: usize, to: usize, place: usize): void {
  if (side == 2) raiseTwo(from, step, to, place)
  else raiseFour(from, step, to, place)
}

/** G g Gᵀ of nine taps: to (side + 2)² vectors, `place` bytes apart. */
export function raise(side: i32, taps: usize, middle: usize, to: usize, place: usize): void {
  const places = side + 2
  for (let j: usize = 0; j < 48; j += 16) raiseLine(side, taps + j, 48, middle + j, 48)
  for (let i = 0; i < places; i++) raiseLine(side, middle + <usize>(i * 48), 16, to + <usize>(i * places) * place, place)
}

// @ts-ignore: decorator
@inline
function widenLine(side: i32, from: usize, step: usize, to: usize, place: usize): void {
  if (side == 2) widenTwo(from, step, to, place)
  else widenFour(from, step, to, place)
}

/** Lines of a gradient, likewise. */
// @ts-ignore: decorator
@inline
function widenLines(lines: i32, side: i32, from: usize, apart: usize, step: usize, to: usize, next: usize, place: usize): void {
  widenLine(side, from, step, to, place)
  widenLine(side, from + apart, step, to + next, place)
  if (lines > 2) {
    widenLine(side, from + 2 * apart, step, to + 2 * next, place)
    widenLine(side, from + 3 * apart, step, to + 3 * next, place)
  }
  if (lines > 4) {
    widenLine(side, from + 4 * apart, step, to + 4 * next, place)
    widenLine(side, from + 5 * apart, step, to + 5 * next, place)
  }
}

/** A y Aᵀ of `side` rows, `line` bytes apart, of vectors `ld` bytes apart: to (side + 2)² vectors, `place` bytes apart. */
// @ts-ignore: decorator
@inline
export function widen(side: i32, y: usize, line: usize, ld: usize, middle: usize, to: usize, place: usize): void {
  const places = side + 2
  const row = <usize>side << 4
  const next = <usize>places * place
  widenLines(side, side, y, ld, line, middle, 16, row)
  widenLines(places, side, middle, row, 16, to, next, place)
}

// @ts-ignore: decorator
@inline
function lowerLine(side: i32, from: usize, step: usize, to: usize, place: usize): void {
  if (side == 2) lowerTwo(from, step, to, place)
  else lowerFour(from, step, to, place)
}

/** Gᵀ p G: to the first three columns of three rows of the memory between, (side + 2) vectors apart. */
export function lower(side: i32, p: usize, place: usize, middle: usize): void {
  const places = side + 2
  const row = <usize>places << 4
  for (let j = 0; j < places; j++) lowerLine(side, p + <usize>j * place, <usize>places * place, middle + (<usize>j << 4), row)
  for (let i = 0; i < 3; i++) lowerLine(side, middle + <usize>i * row, 16, middle + <usize>i * row, 16)
}
