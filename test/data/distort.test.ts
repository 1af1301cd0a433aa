import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Dataset, imagesInMemory } from '../../src/data/dataset.js'
import {
  type Augmentation,
  alternatingFlip,
  colorJitter,
  cutout,
  type Fill,
  flip,
  randomCrop,
  randomResizedCrop,
  shift,
} from '../../src/data/pipeline/augment.js'
import { trainingFeed } from '../../src/data/pipeline/batches.js'
import { augmentedShape, augmenter, type Draws } from '../../src/data/pipeline/distort.js'
import { normaliserOf } from '../../src/data/pipeline/prepare.js'
import { randomWindow, resample, type Window } from '../../src/data/pipeline/resample.js'
import { centreCrop, cropWindow } from '../../src/data/pipeline/window.js'
import { stream } from '../../src/net/random.js'
import { type Shape, sizeOf } from '../../src/net/shape.js'
import { tinyData } from '../support/nets/tiny.js'

/** Draws of one image in one epoch; `nth` numbers both. */
const drawsFrom = (nth: number, name: string): Draws => ({
  draw: stream(nth, name),
  isTurned: () => nth % 2 === 1,
})

const someImage = fc
  .tuple(fc.integer({ min: 2, max: 9 }), fc.integer({ min: 2, max: 9 }), fc.constantFrom(1, 3))
  .chain(shape =>
    fc.record({
      shape: fc.constant<Shape>(shape),
      image: fc.uint8Array({ minLength: sizeOf(shape), maxLength: sizeOf(shape) }),
    }),
  )

/** Images of two pixels, the left of which is white. */
const lopsided: Dataset = {
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

const someFill = fc.constantFrom<Fill>('zero', 'edge', 'mirror')

const someAugmentation = (shape: Shape): fc.Arbitrary<Augmentation> => {
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
    fc.integer({ min: 1, max: least }).map(cutout),
    fc
      .integer({ min: 0, max: 10 })
      .map(tenths => tenths / 10)
      .map(v => colorJitter({ brightness: v, contrast: v, saturation: v })),
  )
}

/** The pixel at a place, by the words of the option. */
const shown = (
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

describe('cropWindow', () => {
  test('copies the pixel of each position', () => {
    fc.assert(
      fc.property(
        someImage,
        someFill,
        fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 })),
        fc.tuple(fc.integer({ min: -14, max: 14 }), fc.integer({ min: -14, max: 14 })),
        ({ shape, image }, fill, [rows, columns], [top, left]) => {
          const channels = shape[2] ?? 0
          const to = new Uint8Array(rows * columns * channels).fill(99)
          cropWindow(shape, [rows, columns, channels], fill)(image, to, top, left)
          const expected = Array.from({ length: rows * columns }, (_, at) =>
            shown(shape, image, fill, top + Math.floor(at / columns), left + (at % columns)),
          )
          expect([...to]).toEqual(expected.flat())
        },
      ),
      { numRuns: 300 },
    )
  })

  test('crops the centre', () => {
    const image = Uint8Array.from({ length: 25 }, (_, at) => at)
    const middle = new Uint8Array(9)
    centreCrop([5, 5, 1], [3, 3, 1])(image, middle)
    expect([...middle]).toEqual([6, 7, 8, 11, 12, 13, 16, 17, 18])
  })
})

describe('resample', () => {
  test('resizing to the same size is the identity', () => {
    fc.assert(
      fc.property(someImage, ({ shape, image }) => {
        const to = new Uint8Array(image.length)
        const [height = 0, width = 0] = shape
        resample(shape, shape)(image, to, { top: 0, left: 0, height, width })
        expect(to).toEqual(image)
      }),
    )
  })

  test('values stay within the range of the image', () => {
    fc.assert(
      fc.property(someImage, fc.integer({ min: 1, max: 12 }), fc.nat(), ({ shape, image }, size, seed) => {
        const to = new Uint8Array(size * size * (shape[2] ?? 0))
        const window = randomWindow(stream(seed, 'window'), shape, [0.08, 1], [3 / 4, 4 / 3])
        resample(shape, [size, size, shape[2] ?? 0])(image, to, window)
        expect(Math.min(...to)).toBeGreaterThanOrEqual(Math.min(...image))
        expect(Math.max(...to)).toBeLessThanOrEqual(Math.max(...image))
      }),
    )
  })

  /** What each value is by itself, of the four pixels around it. */
  const plain = ([height = 0, width = 0, c = 0]: Shape, from: Uint8Array, size: number, window: Window) => {
    const axis = (at: number, begin: number, extent: number, most: number) => {
      const place = Math.min(most - 1, Math.max(0, begin + ((at + 0.5) * extent) / size - 0.5))
      const first = Math.floor(place)
      return [first, Math.min(most - 1, first + 1), place - first] as const
    }
    return Uint8Array.from({ length: size * size * c }, (_, at) => {
      const [y, x] = [Math.floor(at / (size * c)), Math.floor(at / c) % size]
      const [up, down, dv] = axis(y, window.top, window.height, height)
      const [west, east, du] = axis(x, window.left, window.width, width)
      const pixel = (row: number, column: number) => from[(row * width + column) * c + (at % c)] ?? 0
      const along = (row: number) => pixel(row, west) * (1 - du) + pixel(row, east) * du
      return along(up) * (1 - dv) + along(down) * dv + 0.5
    })
  }

  test('one image after another, each value is that of its four pixels', () => {
    const two = fc.array(fc.nat(), { minLength: 2, maxLength: 2 })
    fc.assert(
      fc.property(someImage, fc.integer({ min: 1, max: 12 }), two, ({ shape, image }, size, seeds) => {
        const resize = resample(shape, [size, size, shape[2] ?? 0])
        for (const seed of seeds) {
          const from = image.map(value => value ^ (seed & 255))
          const window = randomWindow(stream(seed, 'window'), shape, [0.08, 1], [3 / 4, 4 / 3])
          const to = new Uint8Array(size * size * (shape[2] ?? 0))
          resize(from, to, window)
          expect(to).toEqual(plain(shape, from, size, window))
        }
      }),
    )
  })

  test('halfway between two pixels is their mean', () => {
    const to = new Uint8Array(1)
    resample([1, 2, 1], [1, 1, 1])(Uint8Array.from([10, 21]), to, { top: 0, left: 0, height: 1, width: 2 })
    expect(to[0]).toBe(16) // 15.5, rounded
  })

  test('windows lie inside the image', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 40 }),
        fc.nat(),
        (height, width, seed) => {
          const window = randomWindow(stream(seed, 'w'), [height, width, 3], [0.08, 1], [3 / 4, 4 / 3])
          expect(window.top).toBeGreaterThanOrEqual(0)
          expect(window.left).toBeGreaterThanOrEqual(0)
          expect(window.height).toBeGreaterThanOrEqual(1)
          expect(window.width).toBeGreaterThanOrEqual(1)
          expect(window.top + window.height).toBeLessThanOrEqual(height)
          expect(window.left + window.width).toBeLessThanOrEqual(width)
        },
      ),
    )
  })
})

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
