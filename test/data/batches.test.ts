import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Dataset, type Images, imagesInMemory } from '../../src/data/dataset.js'
import { type Augmentation, flip, randomCrop, shift } from '../../src/data/pipeline/augment.js'
import {
  type Batch,
  evaluationFeed,
  type Feed,
  prefetch,
  trainingFeed,
} from '../../src/data/pipeline/batches.js'
import { type Shape, sizeOf } from '../../src/net/shape.js'

/** Images whose first byte is their number: what a batch holds can be read off it. */
const numbered = (count: number, classes: number, shape: Shape): Images => {
  const each = sizeOf(shape)
  const bytes = Uint8Array.from({ length: count * each }, (_, at) => Math.floor(at / each) + 40 * (at % each))
  return imagesInMemory(
    bytes,
    Int32Array.from({ length: count }, (_, nth) => (nth * nth) % classes),
  )
}

const dataset = (count: number, more: Partial<Dataset> = {}): Dataset => {
  const stored = more.stored ?? [2, 2, 1]
  const images = numbered(count, 3, stored)
  return {
    name: 'numbered',
    checksum: '',
    classes: ['a', 'b', 'c'],
    image: stored,
    stored,
    mean: [0],
    deviation: [1 / 255],
    train: images,
    validation: images,
    test: images,
    augment: [],
    skipped: [],
    notices: [],
    close: async () => undefined,
    ...more,
  }
}

const numbersIn = ({ images, size, labels }: Batch): readonly number[] =>
  Array.from({ length: size }, (_, nth) => Math.round(images[(nth * images.length) / labels.length] ?? -1))

const epochOf = (feed: Feed, epoch: number): Promise<readonly Batch[]> =>
  Promise.all(Array.from({ length: feed.batches }, (_, step) => feed.batch(epoch, step)))

const sizes = fc.record({
  count: fc.integer({ min: 6, max: 60 }),
  batch: fc.integer({ min: 1, max: 6 }),
  seed: fc.nat(),
  balanced: fc.boolean(),
})

const augment: readonly Augmentation[] = [shift(1), flip]

describe('trainingFeed', () => {
  test('a batch depends on seed, epoch and step alone', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, fc.array(fc.nat({ max: 40 }), { maxLength: 8 }), async (size, detour) => {
        const data = dataset(size.count, { augment })
        const feed = trainingFeed(data, size)
        for (const nth of detour) await feed.batch(nth % 5, nth % feed.batches)
        expect(await feed.batch(2, 0)).toEqual(await trainingFeed(data, size).batch(2, 0))
      }),
      { numRuns: 40 },
    )
  })

  test('an epoch has every image once, except those of the incomplete batch, in a new order', async () => {
    const feed = trainingFeed(dataset(50), { batch: 8, seed: 1 })
    const [first, second] = [await epochOf(feed, 0), await epochOf(feed, 1)].map(all =>
      all.flatMap(numbersIn),
    )
    expect(first?.length).toBe(48)
    expect(new Set(first).size).toBe(48)
    expect(first).not.toEqual(second)
  })

  test('balanced batches have equal class counts and every image of the rarest class', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, async ({ count, seed }) => {
        const data = dataset(count)
        const feed = trainingFeed(data, { batch: 6, seed, balanced: true })
        const batches = await epochOf(feed, 3)
        const present = new Set(data.train.labels).size
        for (const { labels } of batches) {
          const counts = [...new Set(labels)].map(label => labels.filter(other => other === label).length)
          expect(counts).toEqual(new Array(present).fill(6 / present))
        }
      }),
      { numRuns: 30 },
    )
  })

  test('a small class repeats an image only after all its images', async () => {
    const labels = Int32Array.from({ length: 60 }, (_, nth) => (nth < 4 ? 0 : 1))
    const bytes = Uint8Array.from({ length: 60 }, (_, nth) => nth)
    const images = imagesInMemory(bytes, labels)
    const data = dataset(0, { stored: [1, 1, 1], image: [1, 1, 1], train: images, classes: ['a', 'b'] })
    const shown = (await epochOf(trainingFeed(data, { batch: 4, seed: 0, balanced: true }), 0)).flatMap(
      numbersIn,
    )
    const rare = shown.filter(number => number < 4)
    expect(rare.length).toBe(30)
    for (let lap = 0; lap + 4 <= rare.length; lap += 4) expect(new Set(rare.slice(lap, lap + 4)).size).toBe(4)
  })

  test('targets are one-hot of the labels, values are normalised by channel', async () => {
    const data = dataset(12, { stored: [1, 1, 2], image: [1, 1, 2], mean: [0.5, 0.25], deviation: [0.5, 2] })
    const { images, targets, labels } = await trainingFeed(data, { batch: 12, seed: 0 }).batch(0, 0)
    labels.forEach((label, nth) => {
      expect([...targets.subarray(3 * nth, 3 * nth + 3)]).toEqual([0, 1, 2].map(c => (c === label ? 1 : 0)))
      const number = Math.round(((images[2 * nth] ?? 0) * 0.5 + 0.5) * 255)
      expect(data.train.labels[number]).toBe(label)
      expect(images[2 * nth + 1]).toBeCloseTo(((number + 40) / 255 - 0.25) / 2, 6)
    })
  })

  test('an augmentation depends on seed, epoch and image, not on the batch', async () => {
    const data = dataset(24, { augment: [shift(1, { fill: 'edge' }), flip] })
    const rowsOf = async (batch: number) => {
      const feed = trainingFeed(data, { batch, seed: 5 })
      return (await epochOf(feed, 1)).flatMap(({ images, size }) =>
        Array.from({ length: size }, (_, nth) => images.subarray(nth * 4, nth * 4 + 4).join()),
      )
    }
    expect(await rowsOf(4)).toEqual(await rowsOf(12))
    const plain = (await epochOf(trainingFeed(data, { batch: 12, seed: 5, augment: false }), 1)).flatMap(
      ({ images }) => [...images],
    )
    expect((await rowsOf(12)).join().split(',').map(Number)).not.toEqual(plain)
  })
})

describe('augmentation', () => {
  test('each image and epoch is augmented differently', async () => {
    const same = imagesInMemory(
      new Uint8Array(60 * 16).map((_, at) => at % 16),
      new Int32Array(60),
    )
    const shape = [4, 4, 1]
    const data = dataset(0, { stored: shape, image: shape, train: same, augment: [shift(3)] })
    const shown = async (epoch: number) => {
      const { images } = await trainingFeed(data, { batch: 60, seed: 0 }).batch(epoch, 0)
      return Array.from({ length: 60 }, (_, nth) => images.subarray(16 * nth, 16 * nth + 16).join())
    }
    expect(new Set(await shown(0)).size).toBeGreaterThan(25) // of 49 places
    expect((await shown(1)).sort()).not.toEqual((await shown(0)).sort())
  })
})

describe('evaluationFeed', () => {
  test('has every image once, in order; the last batch is padded', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 16 }),
        async (count, batch) => {
          const data = dataset(count)
          const batches = await epochOf(evaluationFeed(data, data.test, { batch }), 0)
          expect(batches.flatMap(numbersIn)).toEqual([...data.test.labels.keys()])
          for (const { labels, targets, images, size } of batches) {
            expect([labels.length, targets.length, images.length]).toEqual([batch, 3 * batch, 4 * batch])
            expect([...labels.subarray(size)].every(label => label === -1)).toBe(true)
            expect(targets.reduce((sum, target) => sum + target, 0)).toBe(size)
          }
        },
      ),
      { numRuns: 30 },
    )
  })

  test('crops the centre where images are larger than the input', async () => {
    const data = dataset(3, { stored: [4, 4, 1], image: [2, 2, 1], augment: [randomCrop(0, { size: 2 })] })
    const { images } = await evaluationFeed(data, data.test, { batch: 1 }).batch(0, 0)
    expect([...images].map(Math.round)).toEqual([5, 6, 9, 10].map(at => (40 * at) % 256))
    const trained = await trainingFeed(data, { batch: 3, seed: 0 }).batch(0, 0)
    expect(trained.images.length).toBe(12)
  })
})

describe('prefetch', () => {
  test('returns the same batches', async () => {
    await fc.assert(
      fc.asyncProperty(
        sizes,
        fc.integer({ min: 0, max: 4 }),
        fc.array(fc.nat({ max: 30 }), { minLength: 1, maxLength: 12 }),
        async (size, depth, expected) => {
          const data = dataset(size.count, { augment })
          const [eager, lazy] = [prefetch(depth)(trainingFeed(data, size)), trainingFeed(data, size)]
          for (const nth of expected) {
            const place = [Math.floor(nth / lazy.batches), nth % lazy.batches] as const
            expect(await eager.batch(...place)).toEqual(await lazy.batch(...place))
          }
        },
      ),
      { numRuns: 30 },
    )
  })

  test('starts each of the next batches once', async () => {
    const begun: string[] = []
    const feed: Feed = {
      batches: 3,
      batchSize: 1,
      batch: (epoch, step) => {
        begun.push(`${epoch}/${step}`)
        return Promise.reject(new Error('nobody asked'))
      },
    }
    const eager = prefetch(2)(feed)
    await eager.batch(0, 0).catch(() => undefined)
    await eager.batch(0, 1).catch(() => undefined)
    expect(begun).toEqual(['0/0', '0/1', '0/2', '1/0'])
  })
})
