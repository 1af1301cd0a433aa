/** When 3×3 windows are computed by Winograd tiles, of how many outputs, and the scratch memory that takes. */
import type { Sides } from '../../../net/window.js'
import type { Frame } from './slide.js'

interface Window {
  readonly size: Sides
  readonly stride: Sides
  readonly dilation: number
  readonly channels: number
}

/** Whether both sides are of this size. */
export const isEach = (sides: Sides, size: number): boolean => sides.every(side => side === size)

/** With fewer channels the transforms cost more than they save. */
const minChannels = 8

export const suitsTiles = ({ size, stride, dilation, channels }: Window, filters: number): boolean =>
  isEach(size, 3) && isEach(stride, 1) && dilation === 1 && channels >= minChannels && filters >= minChannels

const roundUp = (count: number, to: number): number => to * Math.ceil(count / to)

/** Outputs as tiles of `side` × `side`, which are read from a frame of (side + 2) × (side + 2) pixels each. */
export interface Tiling {
  readonly side: number
  readonly down: number
  readonly across: number
  /** Products of a tile, for each channel and filter. */
  readonly places: number
}

const tilesOf = (side: number, rows: number, columns: number): Tiling => ({
  side,
  down: Math.ceil(rows / side),
  across: Math.ceil(columns / side),
  places: (side + 2) ** 2,
})

/** Tiles are multiplied four at a time. */
const productsOf = ({ down, across, places }: Tiling): number => places * roundUp(down * across, 4)

/** Products of a tap and an image below which a large tile saves too little for what it rounds off: some four times as much. */
const minOfLarge = 1 << 15

/** The tiling that takes fewer products. */
export const tilingOf = (rows: number, columns: number, channels: number, filters: number): Tiling => {
  const [small, large] = [tilesOf(2, rows, columns), tilesOf(4, rows, columns)]
  const isLong = rows * columns * channels * filters >= minOfLarge
  return isLong && productsOf(large) < productsOf(small) ? large : small
}

/** A frame of whole tiles. */
export const frameOfTiles = ({ top, left }: Frame, { side, down, across }: Tiling): Frame => ({
  framed: true,
  high: side * down + 2,
  wide: side * across + 2,
  top,
  left,
  apart: [1, 1],
})

const frameBytes = ({ high, wide }: Frame, channels: number): number => 4 * high * wide * channels

/** The cache that transformed tiles should fit; large ones need more, lest a pass over all kernels serve a few tiles. */
const cacheOf = ({ side }: Tiling): number => side << 16

/** Slack between the parts of the scratch memory, for alignment, reads past the end, and tiles between two transforms. */
const slackOf = ({ places }: Tiling): number => 256 * places + (1 << 12)

/** Rows of tiles transformed at once. */
export const cachedStrip = (tiling: Tiling, channels: number, filters: number): number => {
  const { places, down, across } = tiling
  const rowBytes = 4 * places * across * (roundUp(channels, 4) + roundUp(filters, 8))
  return Math.max(1, Math.min(down, Math.floor(cacheOf(tiling) / rowBytes)))
}

export const stripBytes = (
  tiling: Tiling,
  frame: Frame,
  channels: number,
  filters: number,
  strip: number,
): number =>
  frameBytes(frame, channels) +
  4 * tiling.places * roundUp(strip * tiling.across, 4) * (roundUp(channels, 4) + roundUp(filters, 8)) +
  slackOf(tiling)

/** Images whose tiles are transformed at once. */
export const cachedGroup = (tiling: Tiling, filters: number, images: number): number => {
  const { places, down, across } = tiling
  const imageBytes = 4 * places * down * across * roundUp(filters, 8)
  return Math.max(1, Math.min(images, Math.floor(cacheOf(tiling) / imageBytes)))
}

export const groupBytes = (
  tiling: Tiling,
  frame: Frame,
  channels: number,
  filters: number,
  group: number,
): number => {
  const { places, down, across } = tiling
  const tiles = group * down * across * (4 + roundUp(filters, 8))
  const sums = roundUp(channels, 4) * roundUp(filters, 8)
  return group * frameBytes(frame, channels) + 4 * places * (tiles + sums) + slackOf(tiling)
}
