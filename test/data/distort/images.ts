/** Random images, and random changes of them. */
import * as fc from 'fast-check'
import { type Dataset, imagesInMemory } from '../../../src/data/dataset.js'
import {
  type Augmentation,
  alternatingFlip,
  colorJitter,
  cutout,
  type Fill,
  flip,
  randomAffine,
  randomCrop,
  randomResizedCrop,
  shift,
} from '../../../src/data/pipeline/augment.js'
import type { Draws } from '../../../src/data/pipeline/distort.js'
import { stream } from '../../../src/net/random.js'
import { type Shape, sizeOf } from '../../../src/net/shape.js'
import { tinyData } from '../../support/nets/tiny.js'

/** Draws of one image in one epoch; `nth` numbers both. */
export const drawsFrom = (nth: number, name: string): Draws => ({
  draw: stream(nth, name),
  isTurned: () => nth % 2 === 1,
})

export const someImage = fc
  .tuple(fc.integer({ min: 2, max: 9 }), fc.integer({ min: 2, max: 9 }), fc.constantFrom(1, 3))
  .chain(shape =>
    fc.record({
      shape: fc.constant<Shape>(shape),
      image: fc.uint8Array({ minLength: sizeOf(shape), maxLength: sizeOf(shape) }),
    }),
  )

/** Images of two pixels, the left of which is white. */
export const lopsided: Dataset = {
  ...tinyData(40),
  image: [1, 2, 1],
  stored: [1, 2, 1],
  mean: [0.5],
  deviation: [0.5],
  train: imagesInMemory(
    Uint8Array.from({ length: 80 }, (_, at) => (at % 2 === 0 ? 255 : 0)),
    Int32Array.from({ length: 40 }, (_, nth) => nth % 3),
  ),
  augment: [alternatingFlip],
}

export const someFill = fc.constantFrom<Fill>('zero', 'edge', 'mirror')

export const someAugmentation = (shape: Shape): fc.Arbitrary<Augmentation> => {
  const least = Math.min(shape[0] ?? 0, shape[1] ?? 0)
  return fc.oneof(
    fc
      .record({ pixels: fc.integer({ min: 0, max: least }), fill: someFill })
      .map(({ pixels, fill }) => shift(pixels, { fill })),
    fc.constant(flip),
    fc.constant(alternatingFlip),
    fc
      .record({
        padding: fc.integer({ min: 0, max: least }),
        size: fc.integer({ min: 1, max: least }),
        fill: someFill,
      })
      .map(({ padding, size, fill }) => randomCrop(padding, { size, fill })),
    fc.integer({ min: 1, max: least }).map(size => randomResizedCrop(size)),
    fc
      .record({ degrees: fc.integer({ min: 0, max: 180 }), fill: someFill })
      .map(({ degrees, fill }) => randomAffine(degrees, { translate: [0.5, 1], scale: [0.5, 2], fill })),
    fc.integer({ min: 1, max: least }).map(cutout),
    fc
      .integer({ min: 0, max: 10 })
      .map(tenths => tenths / 10)
      .map(v => colorJitter({ brightness: v, contrast: v, saturation: v })),
  )
}

/** The pixel at a place, by the words of the option. */
export const shown = (
  [height = 0, width = 0, channels = 0]: Shape,
  image: Uint8Array,
  fill: Fill,
  y: number,
  x: number,
) => {
  const fold = (at: number, size: number) => {
    const turned = at < 0 ? -at : at >= size ? 2 * size - 2 - at : at
    return Math.min(size - 1, Math.max(0, fill === 'mirror' ? turned : at))
  }
  const outside = y < 0 || x < 0 || y >= height || x >= width
  const from = (fold(y, height) * width + fold(x, width)) * channels
  return outside && fill === 'zero'
    ? new Array<number>(channels).fill(0)
    : [...image.subarray(from, from + channels)]
}
