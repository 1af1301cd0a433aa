/** When windows of 3×3 are computed in tiles of four outputs, and the room that takes. */
import type { Frame } from './slide.js'

interface Window {
  readonly size: number
  readonly stride: number
  readonly dilation: number
  readonly channels: number
}

/** With fewer channels the transforms cost more than they save. */
const enough = 8

export const suitsTiles = ({ size, stride, dilation, channels }: Window, filters: number): boolean =>
  size === 3 && stride === 1 && dilation === 1 && channels >= enough && filters >= enough

/** A frame that whole tiles cover: two outputs each way from four pixels. */
export const frameOfTiles = ({ top, left }: Frame, rows: number, columns: number): Frame => ({
  framed: true,
  high: 2 * Math.ceil(rows / 2) + 2,
  wide: 2 * Math.ceil(columns / 2) + 2,
  top,
  left,
  apart: 1,
})

const across = ({ wide }: Frame): number => (wide - 2) / 2
const down = ({ high }: Frame): number => (high - 2) / 2
const up = (count: number, to: number): number => to * Math.ceil(count / to)

/** Bytes of transformed tiles that stay in a near cache. */
const cached = 1 << 17
/** Between the parts of the scratch, to read in, to align, and to keep them off one another's cache lines. */
const slack = 1 << 13

/** Rows of tiles transformed at once. */
export const cachedStrip = (frame: Frame, channels: number, filters: number): number =>
  Math.max(
    1,
    Math.min(down(frame), Math.floor(cached / (64 * across(frame) * (up(channels, 4) + up(filters, 8))))),
  )

export const stripBytes = (frame: Frame, channels: number, filters: number, strip: number): number =>
  4 * frame.high * frame.wide * channels +
  64 * up(strip * across(frame), 4) * (up(channels, 4) + up(filters, 8)) +
  slack

/** Images whose tiles are transformed at once. */
export const cachedGroup = (frame: Frame, filters: number, images: number): number =>
  Math.max(1, Math.min(images, Math.floor(cached / (64 * across(frame) * down(frame) * up(filters, 8)))))

export const groupBytes = (frame: Frame, channels: number, filters: number, group: number): number =>
  4 * group * frame.high * frame.wide * channels +
  64 * group * across(frame) * down(frame) * (4 + up(filters, 8)) +
  64 * up(channels, 4) * up(filters, 8) +
  slack
