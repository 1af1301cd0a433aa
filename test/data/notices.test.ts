/** Notices at the start: classes of uneven size, images in two parts; and the ground of transparent images. */
import { join } from 'node:path'
import fc from 'fast-check'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { load, predict, save } from '../../src/async/index.js'
import { imagesInMemory } from '../../src/data/dataset.js'
import { openData } from '../../src/data/open.js'
import { findDuplicates } from '../../src/data/pipeline/duplicates.js'
import { preprocessingOf } from '../../src/data/preprocessing.js'
import { type Colour, type ImageFolderOptions, imageFolder } from '../../src/data/spec.js'
import { net } from '../../src/net/words/combinators.js'
import { convBnAct, dense, globalAvgPool, image } from '../../src/net/words/leaves.js'
import { renderMessage } from '../../src/report/text/render-message.js'
import { modelOf } from '../support/nets/arbitrary.js'
import { failure, ownCache, scratch, succeed } from '../support/scratch.js'

ownCache()

/** An image of one colour. */
const plain = (r: number, g: number, b: number, alpha = 1): Promise<Buffer> =>
  sharp({ create: { width: 5, height: 4, channels: 4, background: { r, g, b, alpha } } })
    .png()
    .toBuffer()

const open = (folder: string, options: ImageFolderOptions = {}, memory = 2 ** 20) =>
  succeed(openData({ folder, seed: 0, memory })(imageFolder(image(4, 4, 3), options)))

const noticesIn = async (folder: string, memory?: number): Promise<readonly string[]> =>
  (await open(folder, {}, memory)).notices.filter(({ _tag }) => _tag !== 'TestSplit').map(renderMessage)

/** A folder of so many cats and dogs, all different; `more` lies beside them. */
const pets = async (cats: number, dogs: number, more: Record<string, Buffer> = {}): Promise<string> => {
  const files: Record<string, Buffer> = { ...more }
  for (let nth = 0; nth < cats; nth++) files[`train/cat/${nth}.png`] = await plain(nth, 1, 2)
  for (let nth = 0; nth < dogs; nth++) files[`train/dog/${nth}.png`] = await plain(nth, 9, 2)
  for (let nth = 0; nth < 2; nth++) {
    files[`test/cat/${nth}.png`] = await plain(nth, 5, 2)
    files[`test/dog/${nth}.png`] = await plain(nth, 6, 2)
  }
  return scratch(files)
}

describe('a notice', () => {
  test('of classes of uneven size, from three times on', async () => {
    expect(await noticesIn(await pets(12, 4))).toEqual([])
    expect(await noticesIn(await pets(13, 4))).toEqual([
      "images: class cat has 13 training images, dog has 4; if they should count alike, try train({ classWeights: 'balanced' })",
    ])
  })

  test('of images in training and in another part, however they are stored, where all fit in memory', async () => {
    const same = await sharp(await plain(3, 1, 2))
      .webp({ lossless: true })
      .toBuffer()
    const folder = await pets(8, 8, {
      'test/dog/a.webp': same,
      'val/cat/b.png': await plain(2, 9, 2),
      'val/dog/c.png': await plain(250, 9, 2),
    })
    const found = [
      'images: val is the validation set, 2 images; none are split off training',
      'images: 1 of 2 validation images are training images too, one of them of cat; accuracy on them says nothing; try removing them',
      'images: 1 of 5 test images are training images too, one of them of dog; accuracy on them says nothing; try removing them',
    ]
    expect(await noticesIn(folder)).toEqual(found)
    for (const memory of [100, 16 * 48, 22 * 48]) // of 23 images, 16 for training
      expect(await noticesIn(folder, memory)).toEqual(found.slice(0, 1))
    expect(await noticesIn(folder, 23 * 48)).toEqual(found)
  })
})

test('duplicates are those of a pairwise comparison', async () => {
  const images = fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 })), {
    maxLength: 12,
  })
  const held = (all: readonly (readonly [number, number])[]) =>
    imagesInMemory(
      Uint8Array.from(all.flat()),
      Int32Array.from(all, (_, nth) => nth),
    )
  await fc.assert(
    fc.asyncProperty(images, images, async (train, other) => {
      const expected = other.flatMap(([a, b], nth) =>
        train.some(([x, y]) => a === x && b === y) ? [nth] : [],
      )
      const found = await findDuplicates([1, 1, 2], held(train))(held(other))
      expect(found).toEqual(expected)
    }),
  )
})

test('duplicates are found behind the images that are read at once', async () => {
  const images = (count: number, from: number) =>
    imagesInMemory(
      Uint8Array.from({ length: 2 * count }, (_, at) =>
        at % 2 === 0 ? (from + at / 2) >> 8 : (from + at / 2) & 255,
      ),
      Int32Array.from({ length: count }, (_, nth) => nth),
    )
  expect(await findDuplicates([1, 1, 2], images(1, 299))(images(300, 0))).toEqual([299])
})

describe('the ground of transparent images', () => {
  const first = async (background: Colour | null): Promise<readonly number[]> => {
    const files: Record<string, Buffer> = {}
    for (let nth = 0; nth < 10; nth++)
      for (const name of ['a', 'b']) files[`${name}/${nth}.png`] = await plain(200, 100, 0, 0.5)
    const data = await open(scratch(files), { background })
    const bytes = new Uint8Array(48)
    await data.test.read(Int32Array.of(0), bytes)
    return [...bytes.subarray(0, 3)]
  }

  test('shows through by their opacity; without one their transparency is dropped', async () => {
    expect(await first(null)).toEqual([200, 100, 0])
    const near = (found: readonly number[], expected: readonly number[]): void => {
      for (const [nth, value] of found.entries())
        expect(Math.abs(value - (expected[nth] ?? 0))).toBeLessThanOrEqual(1)
    }
    near(await first([255, 255, 255]), [228, 178, 128])
    near(await first([0, 0, 255]), [100, 50, 128])
  })

  test('is kept with the model, so that predictions see what training saw', async () => {
    const folder = scratch({
      'a/0.png': await plain(9, 9, 9),
      'a/1.png': await plain(9, 9, 8),
      'b/0.png': await plain(1, 9, 9),
      'b/1.png': await plain(1, 9, 8),
    })
    const data = await open(folder, { background: [255, 0, 0], validation: 0 })
    const model = modelOf(2)(net('some', image(4, 4, 3), convBnAct(4), globalAvgPool, dense(2)))
    const file = join(scratch(), 'model.safetensors')
    await save(file)({ model, preprocessing: preprocessingOf(data) })
    const classify = predict(await load(file))
    const seen = await classify(await plain(0, 0, 0, 0))
    expect(seen).toEqual(await classify(await plain(255, 0, 0)))
    expect(seen).not.toEqual(await classify(await plain(0, 0, 0)))
  })

  test('of another form is refused', async () => {
    const spec = imageFolder(image(4, 4, 3), { background: [0, 0, 256] })
    expect(renderMessage(await failure(openData({ folder: scratch(), seed: 0 })(spec)))).toMatch(
      /background 3: expected a whole number from 0 to 255, got 256$/,
    )
  })
})
