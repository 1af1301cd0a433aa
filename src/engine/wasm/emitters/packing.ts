/** Packs kernels into the layout that products read: panels of eight filters, tap by tap. */
import { bytesOf, type Step, step } from '../planning/buffers.js'
import type { Tiling } from './tiles.js'

/** Panels of eight filters, of which the last may be narrower. */
export const panels = (width: number): number => Math.ceil(width / 8)

/** The source layout of a kernel: strides in floats, `start` at its first tap. */
export interface Packing {
  readonly taps: number
  readonly depth: number
  readonly width: number
  readonly start: number
  readonly tapStep: number
  readonly depthStep: number
  readonly widthStep: number
}

export const packedFloats = ({ taps, depth, width }: Packing): number => panels(width) * 8 * taps * depth

export const pack = (packing: Packing, source: number, target: number): Step => {
  const { taps, depth, width, start, tapStep, depthStep, widthStep } = packing
  return step(
    'pack',
    panels(width),
    source + bytesOf(start),
    target,
    taps,
    depth,
    width,
    tapStep,
    depthStep,
    widthStep,
  )
}

/** The kernel of a forward convolution. */
export const forwardPacking = (taps: number, channels: number, filters: number): Packing => ({
  taps,
  depth: channels,
  width: filters,
  start: 0,
  tapStep: channels * filters,
  depthStep: filters,
  widthStep: 1,
})

/** The kernel of an input gradient: taps reversed, filters and channels swapped. */
export const gradientPacking = (taps: number, channels: number, filters: number): Packing => ({
  taps,
  depth: filters,
  width: channels,
  start: (taps - 1) * channels * filters,
  tapStep: -channels * filters,
  depthStep: 1,
  widthStep: filters,
})

/** Floats of a 3×3 kernel after a Winograd transform. */
export const tiledFloats =
  ({ places }: Tiling) =>
  ({ depth, width }: Packing): number =>
    places * panels(width) * 8 * depth

export const packTiles =
  ({ side }: Tiling) =>
  (packing: Packing, source: number, target: number): Step => {
    const { depth, width, start, tapStep, depthStep, widthStep } = packing
    const strides = [tapStep, depthStep, widthStep]
    return step('packTiles', panels(width), side, source + bytesOf(start), target, depth, width, ...strides)
  }
