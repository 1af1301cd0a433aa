/** Emits the gradient of a kernel: windows times the output's gradient, summed over all pixels. */

import { bytesOf, type Place, step } from '../planning/buffers.js'
import type { Emitted } from './emitter.js'
import { frameAround, groupOf, scratchOf, type WindowPlan } from './slide.js'
import { cachedGroup, frameOfTiles, groupBytes, isEach, suitsTiles, tilingOf } from './tiles.js'

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

/** 3×3 windows by Winograd tiles. */
const tiled = ({ x, dy, slide, filters, output }: KernelGradient): Emitted => {
  const { images, height, width, channels, rows, columns } = slide
  const tiling = tilingOf(rows, columns, channels, filters)
  const frame = frameOfTiles(frameAround(slide), tiling)
  const group = cachedGroup(tiling, filters, images)
  return {
    scratch: groupBytes(tiling, frame, channels, filters, group),
    steps: at => [
      step(
        'convolveTilesKernel',
        Math.ceil(channels / 4),
        ...[tiling.side, images, at(x), x.ld, height, width, channels],
        ...[frame.high, frame.wide, frame.top, frame.left, group],
        ...[at(dy), dy.ld, rows, columns, filters, at(output)],
      ),
    ],
  }
}

/** Windows of one pixel, as one long row of pixels. The sum has the parts that `direct` would join. */
const pointwise = ({ x, dy, slide, filters, output }: KernelGradient): Emitted => {
  const { images, height, width, channels } = slide
  const part = groupOf(frameAround(slide), channels, images) * height * width
  const strips = Math.ceil(channels / 4)
  return {
    work: [strips * Math.ceil(filters / 8) * 32],
    steps: (at, [kept = 0]) => [
      step(
        'convolvePointsKernel',
        strips,
        ...[images * height * width, part, at(x), x.ld, channels],
        ...[at(dy), dy.ld, filters, at(output), kept],
      ),
    ],
  }
}

/** Whether windows are of one pixel, and filters nearly fill panels of eight. */
const suitsPoints = ({ slide, filters }: KernelGradient): boolean =>
  isEach(slide.size, 1) && isEach(slide.stride, 1) && !frameAround(slide).framed && (filters - 1) % 8 >= 4

export const kernelGradient = (gradient: KernelGradient): Emitted => {
  if (suitsPoints(gradient)) return pointwise(gradient)
  return suitsTiles(gradient.slide, gradient.filters) ? tiled(gradient) : direct(gradient)
}
