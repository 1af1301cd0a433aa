/** When 3×3 windows are computed by Winograd tiles of four outputs, and the scratch memory that takes. */
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

/** A frame of whole tiles, each 4×4 pixels for 2×2 outputs. */
export const frameOfTiles = ({ top, left }: Frame, rows: number, columns: number): Frame => ({
  framed: true,
  high: 2 * Math.ceil(rows / 2) + 2,
  wide: 2 * Math.ceil(columns / 2) + 2,
  top,
  left,
  apart: [1, 1],
})

const tilesAcross = ({ wide }: Frame): number => (wide - 2) / 2
const tilesDown = ({ high }: Frame): number => (high - 2) / 2
const roundUp = (count: number, to: number): number => to * Math.ceil(count / to)

/** The cache that transformed tiles should fit. */
const cacheBytes = 1 << 17
/** Slack between the parts of the scratch memory, for alignment and reads past the end. */
const slack = 1 << 13

/** Rows of tiles transformed at once. */
export const cachedStrip = (frame: Frame, channels: number, filters: number): number =>
  Math.max(
    1,
    Math.min(
      tilesDown(frame),
      Math.floor(cacheBytes / (64 * tilesAcross(frame) * (roundUp(channels, 4) + roundUp(filters, 8)))),
    ),
  )

export const stripBytes = (frame: Frame, channels: number, filters: number, strip: number): number =>
  4 * frame.high * frame.wide * channels +
  64 * roundUp(strip * tilesAcross(frame), 4) * (roundUp(channels, 4) + roundUp(filters, 8)) +
  slack

/** Images whose tiles are transformed at once. */
export const cachedGroup = (frame: Frame, filters: number, images: number): number =>
  Math.max(
    1,
    Math.min(
      images,
      Math.floor(cacheBytes / (64 * tilesAcross(frame) * tilesDown(frame) * roundUp(filters, 8))),
    ),
  )

export const groupBytes = (frame: Frame, channels: number, filters: number, group: number): number =>
  4 * group * frame.high * frame.wide * channels +
  64 * group * tilesAcross(frame) * tilesDown(frame) * (4 + roundUp(filters, 8)) +
  64 * roundUp(channels, 4) * roundUp(filters, 8) +
  slack
