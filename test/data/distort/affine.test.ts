/** Images rotated, scaled and moved. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Affine, affine, randomMap } from '../../../src/data/pipeline/affine.js'
import { type Augmentation, type Fill, randomAffine } from '../../../src/data/pipeline/augment.js'
import { stream } from '../../../src/net/random.js'
import type { Shape } from '../../../src/net/shape.js'
import { shown, someFill, someImage } from './images.js'

const still: Affine = { degrees: 0, scale: 1, right: 0, down: 0 }

const mapped = (shape: Shape, image: Uint8Array, fill: Fill, map: Partial<Affine>): Uint8Array => {
  const to = new Uint8Array(image.length).fill(99)
  affine(shape, fill)(image, to, { ...still, ...map })
  return to
}

const someMove = fc.integer({ min: -14, max: 14 })

describe('affine', () => {
  test('moved by whole pixels, it is a crop, whatever the fill', () => {
    fc.assert(
      fc.property(someImage, someFill, someMove, someMove, ({ shape, image }, fill, right, down) => {
        const width = shape[1] ?? 0
        const expected = Array.from({ length: (shape[0] ?? 0) * width }, (_, at) =>
          shown(shape, image, fill, Math.floor(at / width) - down, (at % width) - right),
        )
        expect([...mapped(shape, image, fill, { right, down })]).toEqual(expected.flat())
      }),
      { numRuns: 300 },
    )
  })

  test('a half turn reverses the pixels', () => {
    fc.assert(
      fc.property(someImage, someFill, ({ shape: [height = 0, width = 0, channels = 0], image }, fill) => {
        const pixels = Array.from({ length: height * width }, (_, at) => [
          ...image.subarray(at * channels, (at + 1) * channels),
        ])
        const turned = mapped([height, width, channels], image, fill, { degrees: 180 })
        expect([...turned]).toEqual(pixels.reverse().flat())
      }),
    )
  })

  test('it is what torchvision 0.29 computes with bilinear interpolation', () => {
    const image = Uint8Array.from({ length: 20 }, (_, at) => (7 * at * at + 13 * at) % 256)
    expect([...mapped([4, 5, 1], image, 'zero', { degrees: 30, scale: 1.25, right: 1 })]).toEqual([
      39, 192, 108, 71, 65, 89, 130, 156, 157, 102, 220, 206, 186, 130, 66, 57, 136, 194, 152, 77,
    ])
  })
})

describe('randomMap', () => {
  const drawn = (augmentation: Augmentation): readonly Affine[] =>
    augmentation._tag === 'randomAffine'
      ? Array.from({ length: 200 }, (_, nth) => randomMap(stream(nth, 'map'), [20, 10, 1], augmentation))
      : []

  const rangeOf = (all: readonly number[]) => [Math.min(...all), Math.max(...all)] as const

  test('fills the ranges of its options and does not leave them', () => {
    const maps = drawn(randomAffine(15, { translate: [0.1, 0.2], scale: [0.8, 1.25] }))
    const ranges = [
      [maps.map(({ degrees }) => degrees), -15, 15],
      [maps.map(({ scale }) => scale), 0.8, 1.25],
      [maps.map(({ right }) => right), -1, 1],
      [maps.map(({ down }) => down), -4, 4],
    ] as const
    for (const [values, least, most] of ranges) {
      const [low, high] = rangeOf(values)
      expect(low).toBeGreaterThanOrEqual(least)
      expect(high).toBeLessThanOrEqual(most)
      expect(high - low).toBeGreaterThan(0.9 * (most - least))
    }
  })

  test('without options it turns only', () => {
    for (const { degrees, ...others } of drawn(randomAffine(10)).slice(0, 10)) {
      expect(degrees).not.toBe(0)
      expect({ ...others, degrees: 0 }).toEqual({
        ...still,
        right: expect.closeTo(0),
        down: expect.closeTo(0),
      })
    }
  })
})
