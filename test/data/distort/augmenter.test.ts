/** Images augmented in training. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type Augmentation,
  alternatingFlip,
  colorJitter,
  cutout,
  flip,
  randomCrop,
  randomResizedCrop,
  shift,
} from '../../../src/data/pipeline/augment.js'
import { trainingFeed } from '../../../src/data/pipeline/batches.js'
import { augmentedShape, augmenter } from '../../../src/data/pipeline/distort.js'
import { normaliserOf } from '../../../src/data/pipeline/prepare.js'
import { sizeOf } from '../../../src/net/shape.js'
import { drawsFrom, lopsided, someAugmentation, someImage } from './images.js'

describe('augmenter', () => {
  test('the same draws give the same bytes of the inferred shape, and the image is unchanged', () => {
    fc.assert(
      fc.property(
        someImage.chain(({ shape, image }) =>
          fc.record({
            shape: fc.constant(shape),
            image: fc.constant(image),
            first: someAugmentation(shape),
            seed: fc.nat(),
          }),
        ),
        fc.boolean(),
        ({ shape, image, first, seed }, flipped) => {
          const augment = flipped ? [first, flip] : [first]
          const mean = [0.2, 0.4, 0.6]
          const before = Uint8Array.from(image)
          const once = Uint8Array.from(augmenter(shape, mean, augment)(drawsFrom(seed, 'a'), image))
          const again = augmenter(shape, mean, augment)(drawsFrom(seed, 'a'), image)
          expect(again).toEqual(once)
          expect(once.length).toBe(sizeOf(augmentedShape(shape, augment)))
          expect(image).toEqual(before)
        },
      ),
      { numRuns: 300 },
    )
  })

  const image = Uint8Array.from({ length: 8 * 8 * 3 }, (_, at) => (at * 37) % 251)
  const shape = [8, 8, 3]
  const outcomes = (augmentation: Augmentation, mean: readonly number[] = [0, 0, 0]) =>
    Array.from({ length: 200 }, (_, nth) =>
      Uint8Array.from(augmenter(shape, mean, [augmentation])(drawsFrom(nth, 'outcome'), image)),
    )
  const distinct = (all: readonly Uint8Array[]) => new Set(all.map(bytes => bytes.join())).size

  test('each value is normalised by its channel, whatever their number', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.uint8Array({ minLength: 12, maxLength: 12 }),
        (channels, bytes) => {
          const [mean, deviation] = [
            [0.1, 0.2, 0.3, 0.4],
            [0.5, 0.6, 0.7, 0.8],
          ].map(all => all.slice(0, channels))
          const into = new Float32Array(14)
          normaliserOf({ mean: mean ?? [], deviation: deviation ?? [], image: [1, 12 / channels, channels] })(
            bytes,
            into,
            1,
          )
          const expected = Array.from(bytes, (byte, at) =>
            Math.fround((byte / 255 - (mean?.[at % channels] ?? 0)) / (deviation?.[at % channels] ?? 1)),
          )
          expect([...into]).toEqual([0, ...expected, 0])
        },
      ),
    )
  })

  test('a flip reverses the columns, whatever the number of channels', () => {
    fc.assert(
      fc.property(someImage, ({ shape: [height = 0, width = 0, channels = 0], image: pixels }) => {
        const reversed = Array.from({ length: height }, (_, y) =>
          Array.from({ length: width }, (_, x) => {
            const at = (y * width + width - 1 - x) * channels
            return [...pixels.subarray(at, at + channels)]
          }),
        ).flat(2)
        const turn = augmenter([height, width, channels], [], [alternatingFlip])
        expect([...turn(drawsFrom(1, ''), pixels)]).toEqual(reversed)
        expect([...turn(drawsFrom(2, ''), pixels)]).toEqual([...pixels])
      }),
    )
  })

  test('without augmentations it returns the image', () => {
    expect(augmenter(shape, [], [])(drawsFrom(0, ''), image)).toBe(image)
    expect(outcomes(shift(0))[0]).toEqual(image)
    expect(outcomes(colorJitter())[0]).toEqual(image)
    expect(outcomes(randomResizedCrop(8, { area: [1, 1], ratio: [1, 1] }))[0]).toEqual(image)
  })

  test('a shift reaches exactly the offsets in its range', () => {
    expect(distinct(outcomes(shift(1)))).toBe(9)
    expect(distinct(outcomes(randomCrop(0, { size: 7 })))).toBe(4)
  })

  test('half of the images are flipped, and flipping twice is the identity', () => {
    const all = outcomes(flip)
    const flipped = all.filter(bytes => bytes.join() !== image.join())
    expect(flipped.length).toBeGreaterThan(60)
    expect(flipped.length).toBeLessThan(140)
    expect(distinct(all)).toBe(2)
    const [mirrored = image] = flipped
    expect([...mirrored.subarray(0, 3)]).toEqual([...image.subarray(21, 24)])
  })

  test('an alternating flip turns an image in every other epoch, half of them first', async () => {
    const epochs = [0, 1, 2].map(async epoch => {
      const { images } = await trainingFeed(lopsided, { batch: 40, seed: 3 }).batch(epoch, 0)
      return [...images].filter((_, at) => at % 2 === 0)
    })
    const [first = [], second = [], third = []] = await Promise.all(epochs)
    const turned = first.filter(value => value === -1).length
    expect(turned).toBeGreaterThan(8)
    expect(turned).toBeLessThan(32)
    expect(second.filter(value => value === -1).length).toBe(40 - turned)
    expect(third.filter(value => value === -1).length).toBe(turned)
  })

  test('a cutout covers at most its square, with the mean', () => {
    for (const bytes of outcomes(cutout(4), [0.1, 0.5, 1])) {
      const changed = [...bytes.keys()].filter(at => bytes[at] !== image[at])
      expect(changed.length).toBeLessThanOrEqual(4 * 4 * 3)
      expect(changed.length).toBeGreaterThan(0)
      for (const at of changed) expect(bytes[at]).toBe([26, 128, 255][at % 3])
    }
  })

  test('brightness multiplies, saturation leaves grey grey, contrast leaves flat flat', () => {
    const flat = new Uint8Array(sizeOf(shape)).fill(100)
    const run = (augmentation: Augmentation) =>
      Array.from({ length: 50 }, (_, nth) => [
        ...augmenter(shape, [], [augmentation])(drawsFrom(nth, ''), flat),
      ])
    for (const bytes of run(colorJitter({ contrast: 1, saturation: 1 })))
      expect(new Set(bytes)).toEqual(new Set([100]))
    const levels = run(colorJitter({ brightness: 0.5 })).map(bytes => new Set(bytes))
    for (const level of levels) {
      expect(level.size).toBe(1)
      expect([...level][0]).toBeGreaterThanOrEqual(50)
      expect([...level][0]).toBeLessThanOrEqual(150)
    }
    expect(new Set(levels.map(level => [...level][0])).size).toBeGreaterThan(20)
  })
})
