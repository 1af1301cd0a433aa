/** Images cropped and resized. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { randomWindow, resample, type Window } from '../../../src/data/pipeline/resample.js'
import { centreCrop, cropWindow } from '../../../src/data/pipeline/window.js'
import { stream } from '../../../src/net/random.js'
import type { Shape } from '../../../src/net/shape.js'
import { shown, someFill, someImage } from './images.js'

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
