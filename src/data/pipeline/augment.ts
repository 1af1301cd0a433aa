/** Augmentations of training images as data; `distort.ts` applies them. */
import { optionsOf, unknownIn, withArity } from '../../net/words/options.js'

/** Pixels outside the image: black, the nearest pixel, or the mirrored image. */
export type Fill = 'zero' | 'edge' | 'mirror'

/** One augmentation. */
export type Augmentation =
  /** By up to `pixels` in each direction. */
  | { readonly _tag: 'shift'; readonly pixels: number; readonly fill: Fill }
  /** Left to right: with probability ½, or `alternating`, half of the images in one epoch and the others in the next. */
  | { readonly _tag: 'flip'; readonly alternating: boolean }
  /** Padded on every side, then cropped at random to a square of `size` (null: to the image's own size). */
  | {
      readonly _tag: 'randomCrop'
      readonly padding: number
      readonly size: number | null
      readonly fill: Fill
    }
  /** A crop of random area and aspect ratio, resized to a square. */
  | {
      readonly _tag: 'randomResizedCrop'
      readonly size: number
      readonly area: readonly [least: number, most: number]
      readonly ratio: readonly [least: number, most: number]
    }
  /** Rotated by up to `degrees` either way, moved by up to shares of width and height, and scaled by a factor. */
  | {
      readonly _tag: 'randomAffine'
      readonly degrees: number
      readonly translate: readonly [horizontal: number, vertical: number]
      readonly scale: readonly [least: number, most: number]
      readonly fill: Fill
    }
  /** A square of the mean colour with a random centre. */
  | { readonly _tag: 'cutout'; readonly size: number }
  /** Each factor drawn from 1 ± its value. */
  | {
      readonly _tag: 'colorJitter'
      readonly brightness: number
      readonly contrast: number
      readonly saturation: number
    }

/** Shifts the image by up to `pixels` in each direction. */
export const shift = withArity(2, (pixels: number, options: { readonly fill?: Fill } = {}): Augmentation => {
  const { fill = 'zero', ...rest } = optionsOf(options)
  return Object.freeze({ _tag: 'shift' as const, pixels, fill, ...unknownIn(rest) })
})

/** Flips half of the images left to right. */
export const flip: Augmentation = Object.freeze({ _tag: 'flip', alternating: false })

/**
 * Flips half of the images left to right in one epoch, the other half in the next: an image is seen both ways in any two
 * epochs. Source  Jordan 2024
 */
export const alternatingFlip: Augmentation = Object.freeze({ _tag: 'flip', alternating: true })

/**
 * Pads every side, then crops at random: to the image's own size, or to a square of `size`.
 *
 * @example
 * randomCrop(4)                   // CIFAR's usual
 * randomCrop(0, { size: 224 })    // out of 256×256
 */
export const randomCrop = withArity(
  2,
  (padding: number, options: { readonly size?: number; readonly fill?: Fill } = {}): Augmentation => {
    const { size = null, fill = 'zero', ...rest } = optionsOf(options)
    return Object.freeze({ _tag: 'randomCrop' as const, padding, size, fill, ...unknownIn(rest) })
  },
)

/** A crop of random area and aspect ratio, resized to `size`×`size` (bilinear). Source  Szegedy et al. 2015 */
export const randomResizedCrop = withArity(
  2,
  (
    size: number,
    options: { readonly area?: readonly [number, number]; readonly ratio?: readonly [number, number] } = {},
  ): Augmentation => {
    const { area = [0.08, 1], ratio = [3 / 4, 4 / 3], ...rest } = optionsOf(options)
    return Object.freeze({ _tag: 'randomResizedCrop' as const, size, area, ratio, ...unknownIn(rest) })
  },
)

/**
 * Rotates by up to `degrees` either way about the centre, scales, and moves by up to shares of the width and the height, as
 * torchvision's `RandomAffine` (bilinear).
 *
 * @example
 * randomAffine(10)
 * randomAffine(10, { translate: [0.1, 0.1], scale: [0.9, 1.1] })
 */
export const randomAffine = withArity(
  2,
  (
    degrees: number,
    options: {
      readonly translate?: readonly [number, number]
      readonly scale?: readonly [number, number]
      readonly fill?: Fill
    } = {},
  ): Augmentation => {
    const { translate = [0, 0], scale = [1, 1], fill = 'zero', ...rest } = optionsOf(options)
    return Object.freeze({
      _tag: 'randomAffine' as const,
      degrees,
      translate,
      scale,
      fill,
      ...unknownIn(rest),
    })
  },
)

/** Covers a square of `size` pixels with the mean colour. Source  DeVries and Taylor 2017 */
export const cutout = withArity(
  1,
  (size: number): Augmentation => Object.freeze({ _tag: 'cutout' as const, size }),
)

/** Scales brightness, contrast and saturation by random factors of 1 ± their values. */
export const colorJitter = withArity(
  1,
  (
    options: { readonly brightness?: number; readonly contrast?: number; readonly saturation?: number } = {},
  ): Augmentation => {
    const { brightness = 0, contrast = 0, saturation = 0, ...rest } = optionsOf(options)
    return Object.freeze({
      _tag: 'colorJitter' as const,
      brightness,
      contrast,
      saturation,
      ...unknownIn(rest),
    })
  },
)
