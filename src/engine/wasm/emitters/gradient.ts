/** Emits the gradient of a kernel: windows times the output's gradient, summed over all pixels. */

import { bytesOf, type Place, step } from '../planning/buffers.js'
import type { Emitted } from './emitter.js'
import { frameAround, groupOf, scratchOf, type WindowPlan } from './slide.js'
import { cachedGroup, frameOfTiles, groupBytes, suitsTiles } from './tiles.js'

/** Units of work: vectors of a window, which span a whole row where pixels have no gap between them. */
const unitsOf = ({ size: [tall, broad], channels, dilation }: WindowPlan, contiguous: boolean): number =>
  contiguous && dilation === 1
    ? tall * Math.ceil((broad * channels) / 4)
    : tall * broad * Math.ceil(channels / 4)

export interface KernelGradient {
  readonly x: Place
  readonly dy: Place
  readonly slide: WindowPlan
  readonly filters: number
  readonly output: Place
}

const direct = ({ x, dy, slide, filters, output }: KernelGradient): Emitted => {
  const { images, height, width, channels, rows, columns, size, dilation, stride } = slide
  const frame = frameAround(slide)
  const { framed, high, wide, top, left } = frame
  const group = groupOf(frame, channels, images)
  return {
    scratch: scratchOf(frame, channels, group),
    steps: at => [
      step(
        'convolveKernel',
        unitsOf(slide, framed || x.ld === bytesOf(channels)),
        ...[images, at(x), x.ld, height, width, channels],
        ...[Number(framed), high, wide, top, left, group],
        ...[at(dy), dy.ld, rows, columns, filters],
        ...[...size, dilation, ...stride, at(output), 0],
      ),
    ],
  }
}

/** 3×3 windows by Winograd tiles of four gradients. */
const tiled = ({ x, dy, slide, filters, output }: KernelGradient): Emitted => {
  const { images, height, width, channels, rows, columns } = slide
  const frame = frameOfTiles(frameAround(slide), rows, columns)
  const group = cachedGroup(frame, filters, images)
  return {
    scratch: groupBytes(frame, channels, filters, group),
    steps: at => [
      step(
        'convolveTilesKernel',
        Math.ceil(channels / 4),
        ...[images, at(x), x.ld, height, width, channels],
        ...[frame.high, frame.wide, frame.top, frame.left, group],
        ...[at(dy), dy.ld, rows, columns, filters, at(output)],
      ),
    ],
  }
}

export const kernelGradient = (gradient: KernelGradient): Emitted =>
  suitsTiles(gradient.slide, gradient.filters) ? tiled(gradient) : direct(gradient)
