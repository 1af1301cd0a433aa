/** Applies augmentations to bytes: each step writes one buffer from another, by draws of the image's random stream. */
import { elementAt } from '../../io/element.js'
import { randomBelow, type Stream } from '../../net/random.js'
import { channelsOf, type Shape, sizeOf } from '../../net/shape.js'
import { affine, randomMap } from './affine.js'
import type { Augmentation } from './augment.js'
import { randomWindow, resample } from './resample.js'
import { cropWindow } from './window.js'

/** What is drawn for one image in one epoch. */
export interface Draws {
  /** Draws of this epoch alone. */
  readonly draw: Stream
  /** True in every other epoch; for which images it begins so is drawn once. */
  readonly isTurned: () => boolean
}

/** One augmentation of images of a fixed shape, and its output shape. */
interface Step {
  readonly shape: Shape
  readonly run: (draws: Draws, from: Uint8Array, to: Uint8Array) => void
}

const shiftStep = (image: Shape, { pixels, fill }: Augmentation & { readonly _tag: 'shift' }): Step => {
  const copy = cropWindow(image, image, fill)
  const drawOffset = (draw: Stream) => randomBelow(draw, 2 * pixels + 1) - pixels
  return { shape: image, run: ({ draw }, from, to) => copy(from, to, drawOffset(draw), drawOffset(draw)) }
}

type Mirror = (from: Uint8Array, to: Uint8Array) => void

const mirrorAny =
  (height: number, width: number, channels: number): Mirror =>
  (from, to) => {
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++)
        for (let c = 0; c < channels; c++)
          to[(y * width + x) * channels + c] = from[(y * width + width - 1 - x) * channels + c] ?? 0
  }

/** Three channels side by side: in half the time. */
const mirrorRgb =
  (height: number, width: number): Mirror =>
  (from, to) => {
    for (let y = 0, at = 0; y < height; y++) {
      let other = (y + 1) * width * 3 - 3
      for (let x = 0; x < width; x++, at += 3, other -= 3) {
        to[at] = from[other] ?? 0
        to[at + 1] = from[other + 1] ?? 0
        to[at + 2] = from[other + 2] ?? 0
      }
    }
  }

const flipStep = (image: Shape, { alternating }: Augmentation & { readonly _tag: 'flip' }): Step => {
  const [height = 0, width = 0, channels = 0] = image
  const mirror = channels === 3 ? mirrorRgb(height, width) : mirrorAny(height, width, channels)
  const isFlipped = ({ draw, isTurned }: Draws) => (alternating ? isTurned() : draw() < 0.5)
  return { shape: image, run: (draws, from, to) => (isFlipped(draws) ? mirror(from, to) : to.set(from)) }
}

/** The shape of a square crop; null keeps the image's own. */
const squareShape = (image: Shape, size: number | null): Shape =>
  size === null ? image : [size, size, channelsOf(image)]

const cropStep = (
  image: Shape,
  { padding, size, fill }: Augmentation & { readonly _tag: 'randomCrop' },
): Step => {
  const shape = squareShape(image, size)
  const copy = cropWindow(image, shape, fill)
  const drawOffset = (draw: Stream, axis: number) =>
    randomBelow(draw, elementAt(image, axis) + 2 * padding - elementAt(shape, axis) + 1) - padding
  return { shape, run: ({ draw }, from, to) => copy(from, to, drawOffset(draw, 0), drawOffset(draw, 1)) }
}

const resizeStep = (image: Shape, crop: Augmentation & { readonly _tag: 'randomResizedCrop' }): Step => {
  const shape = squareShape(image, crop.size)
  const write = resample(image, shape)
  return {
    shape,
    run: ({ draw }, from, to) => write(from, to, randomWindow(draw, image, crop.area, crop.ratio)),
  }
}

const affineStep = (image: Shape, options: Augmentation & { readonly _tag: 'randomAffine' }): Step => {
  const write = affine(image, options.fill)
  return { shape: image, run: ({ draw }, from, to) => write(from, to, randomMap(draw, image, options)) }
}

const cutoutStep = (
  image: Shape,
  { size }: Augmentation & { readonly _tag: 'cutout' },
  mean: readonly number[],
): Step => {
  const [height = 0, width = 0, channels = 0] = image
  const colour = mean.map(value => Math.round(value * 255))
  const span = (centre: number, limit: number) => {
    const from = centre - Math.floor(size / 2)
    return [Math.max(0, from), Math.min(limit, from + size)] as const
  }
  return {
    shape: image,
    run: ({ draw }, from, to) => {
      to.set(from)
      const [top, bottom] = span(randomBelow(draw, height), height)
      const [left, right] = span(randomBelow(draw, width), width)
      for (let y = top; y < bottom; y++)
        for (let x = left; x < right; x++)
          for (let c = 0; c < channels; c++) to[(y * width + x) * channels + c] = colour[c] ?? 0
    },
  }
}

/** Weights of perceived brightness. Source  ITU-R BT.601 */
const luma = [0.299, 0.587, 0.114] as const

const jitterStep = (image: Shape, jitter: Augmentation & { readonly _tag: 'colorJitter' }): Step => {
  const channels = channelsOf(image)
  const weights = channels === 3 ? luma : Array.from({ length: channels }, () => 1 / channels)
  const grey = (from: Uint8Array, at: number): number =>
    weights.reduce((sum, weight, c) => sum + weight * (from[at + c] ?? 0), 0)
  const factor = (draw: Stream, most: number) => 1 + most * (2 * draw() - 1)
  return {
    shape: image,
    run: ({ draw }, from, to) => {
      const brightness = factor(draw, jitter.brightness)
      const contrast = factor(draw, jitter.contrast)
      const saturation = factor(draw, jitter.saturation)
      let mean = 0
      for (let at = 0; at < from.length; at += channels) mean += grey(from, at)
      const middle = (brightness * mean * channels) / from.length
      for (let at = 0; at < from.length; at += channels) {
        const flat = grey(from, at)
        for (let c = 0; c < channels; c++) {
          const value = brightness * (flat + saturation * ((from[at + c] ?? 0) - flat))
          to[at + c] = Math.min(255, Math.max(0, middle + contrast * (value - middle) + 0.5))
        }
      }
    },
  }
}

const stepOf = (image: Shape, mean: readonly number[], augmentation: Augmentation): Step => {
  switch (augmentation._tag) {
    case 'shift':
      return shiftStep(image, augmentation)
    case 'flip':
      return flipStep(image, augmentation)
    case 'randomCrop':
      return cropStep(image, augmentation)
    case 'randomResizedCrop':
      return resizeStep(image, augmentation)
    case 'randomAffine':
      return affineStep(image, augmentation)
    case 'cutout':
      return cutoutStep(image, augmentation, mean)
    case 'colorJitter':
      return jitterStep(image, augmentation)
  }
}

const stepsOf = (
  stored: Shape,
  mean: readonly number[],
  augment: readonly Augmentation[],
): readonly Step[] => {
  const [first, ...rest] = augment
  if (first === undefined) return []
  const step = stepOf(stored, mean, first)
  return [step, ...stepsOf(step.shape, mean, rest)]
}

/** The shape of a stored image after augmentation. */
export const augmentedShape = (stored: Shape, augment: readonly Augmentation[]): Shape =>
  stepsOf(stored, [], augment).at(-1)?.shape ?? stored

/** Augments one image; the next call overwrites the result. */
export type Augment = (draws: Draws, image: Uint8Array) => Uint8Array

/**
 * Applies all of `augment` in order, each into a buffer of its own.
 *
 * Law  the same draws give the same bytes; without augmentations it returns the image
 */
export const augmenter = (
  stored: Shape,
  mean: readonly number[],
  augment: readonly Augmentation[],
): Augment => {
  const steps = stepsOf(stored, mean, augment).map(step => ({
    ...step,
    to: new Uint8Array(sizeOf(step.shape)),
  }))
  return (draws, image) =>
    steps.reduce((from, { run, to }) => {
      run(draws, from, to)
      return to
    }, image)
}
