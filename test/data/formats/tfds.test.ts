/** Data sets as TensorFlow Datasets prepares them: features, names of classes, and what is missing or not clear. */
import { join } from 'node:path'
import sharp from 'sharp'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Images } from '../../../src/data/dataset.js'
import { maskedCrc } from '../../../src/data/formats/tfrecord/crc.js'
import { openData } from '../../../src/data/open.js'
import { countsOf } from '../../../src/data/pipeline/split.js'
import { type TfdsOptions, tfds } from '../../../src/data/spec.js'
import { image } from '../../../src/net/words/leaves.js'
import { renderMessage } from '../../../src/report/text/render-message.js'
import { failure, ownCache, scratch, succeed } from '../../support/scratch.js'

ownCache()

/** A record around some content. */
const framed = (content: Buffer): Buffer => {
  const whole = Buffer.alloc(content.length + 16)
  whole.writeBigUInt64LE(BigInt(content.length), 0)
  whole.writeUInt32LE(maskedCrc(whole.subarray(0, 8)), 8)
  content.copy(whole, 12)
  whole.writeUInt32LE(maskedCrc(content), 12 + content.length)
  return whole
}

/** A message of one field of bytes. */
const field = (nth: number, content: Uint8Array): Buffer => {
  const length: number[] = []
  for (let rest = content.length; ; rest >>>= 7) {
    length.push(rest > 127 ? (rest & 127) | 128 : rest)
    if (rest <= 127) break
  }
  return Buffer.concat([Buffer.from([8 * nth + 2, ...length]), content])
}

/** An Example as tfds writes it: an encoded image, a name and a label from 0. */
const example = (picture: Buffer, label: number, extra: Readonly<Record<string, Buffer>> = {}): Buffer => {
  const bytes = (content: Uint8Array) => field(1, field(1, content))
  const features = {
    image: bytes(picture),
    'image/filename': bytes(Buffer.from('a.jpg')),
    label: field(3, field(1, Buffer.of(label))),
    ...extra,
  }
  const pairs = Object.entries(features).map(([name, feature]) =>
    field(1, Buffer.concat([field(1, Buffer.from(name)), field(2, feature)])),
  )
  return framed(field(1, Buffer.concat(pairs)))
}

/** `features.json`, as tfds 4.9 writes that of a set of images. */
const featuresJson = (more: object = {}): string =>
  JSON.stringify({
    pythonClassName: 'tensorflow_datasets.core.features.features_dict.FeaturesDict',
    featuresDict: {
      features: {
        image: {
          pythonClassName: 'tensorflow_datasets.core.features.image_feature.Image',
          image: { shape: { dimensions: ['-1', '-1', '3'] }, dtype: 'uint8', encodingFormat: 'jpeg' },
        },
        'image/filename': {
          pythonClassName: 'tensorflow_datasets.core.features.text_feature.Text',
          text: {},
        },
        label: {
          pythonClassName: 'tensorflow_datasets.core.features.class_label_feature.ClassLabel',
          classLabel: { numClasses: '3' },
        },
        ...more,
      },
    },
  })

/** An image of one colour. */
const picture = (red: number): Promise<Buffer> =>
  sharp({ create: { width: 5, height: 4, channels: 3, background: { r: red, g: 50, b: 9 } } })
    .png()
    .toBuffer()

let files: Record<string, Buffer | string> = {}
beforeAll(async () => {
  const pictures = await Promise.all([0, 100, 200].map(picture))
  const shard = (count: number): Buffer =>
    Buffer.concat(
      Array.from({ length: count }, (_, nth) => example(pictures[nth % 3] ?? Buffer.alloc(0), nth % 3)),
    )
  files = {
    'dataset_info.json': '{}',
    'features.json': featuresJson(),
    'label.labels.txt': 'rock\npaper\nscissors\n',
    'pets-train.tfrecord-00000-of-00002': shard(6),
    'pets-train.tfrecord-00001-of-00002': shard(3),
    'pets-test.tfrecord-00000-of-00001': shard(3),
  }
})

const open = (all: Record<string, Buffer | string>, options: TfdsOptions = {}, inside = '') =>
  openData({ folder: join(scratch(all), inside), seed: 0 })(
    tfds(image(4, 4, 3), { validation: 0, ...options }),
  )

const line = async (...args: Parameters<typeof open>): Promise<string> =>
  renderMessage(await failure(open(...args)))

describe('tfds', () => {
  test('reads the shards with the names of the classes, from the version or from above it', async () => {
    const nested = Object.fromEntries(
      Object.entries(files).map(([name, content]) => [`pets/plain/1.0.0/${name}`, content]),
    )
    for (const [all, inside] of [
      [files, ''],
      [nested, ''],
      [nested, 'pets/plain/1.0.0'],
    ] as const) {
      const data = await succeed(open(all, {}, inside))
      expect([data.classes, data.train.size, data.test.size]).toEqual([['rock', 'paper', 'scissors'], 9, 3])
      expect([...data.train.labels]).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2])
      const bytes = new Uint8Array(3 * 48)
      await data.test.read(Int32Array.of(0, 1, 2), bytes)
      expect([bytes[0], bytes[48], bytes[96]]).toEqual([0, 100, 200])
    }
  })

  test('shows a background through transparent images, which are other images by it', async () => {
    const clear = await sharp({ create: { width: 5, height: 4, channels: 4, background: '#00000000' } })
      .png()
      .toBuffer()
    const shard = Buffer.concat([0, 1, 2].map(label => example(clear, label)))
    const all = { ...files, 'pets-test.tfrecord-00000-of-00001': shard }
    const white = await succeed(open(all, { background: [255, 254, 253] }))
    const bytes = new Uint8Array(48)
    await white.test.read(Int32Array.of(0), bytes)
    expect([...bytes.subarray(0, 3)]).toEqual([255, 254, 253])
    expect(white.background).toEqual([255, 254, 253])
    await (await succeed(open(all))).test.read(Int32Array.of(0), bytes)
    expect([...bytes.subarray(0, 3)]).toEqual([0, 0, 0])
  })

  test('numbers the classes where they have no names', async () => {
    const { 'label.labels.txt': _, ...rest } = files
    expect((await succeed(open(rest))).classes).toEqual(['0', '1', '2'])
  })

  test('says nothing of the files that describe the set', async () => {
    const { notices } = await succeed(open(files))
    expect(notices.filter(({ _tag }) => _tag === 'LeftOut')).toEqual([])
  })

  test('asks for the feature where several could be meant', async () => {
    const mask = { mask: { image: {} }, breed: { classLabel: { numClasses: 37 } } }
    const several = { ...files, 'features.json': featuresJson(mask) }
    expect(await line(several)).toBe('tfds, keys.image: expected one of image, mask, got none')
    expect(await line(several, { keys: { image: 'image' } })).toBe(
      'tfds, keys.label: expected one of label, breed, got none',
    )
    expect(await line(several, { keys: { image: 'photo' } })).toBe(
      'tfds, keys.image: expected one of image, mask, got photo',
    )
    expect((await succeed(open(several, { keys: { image: 'image', label: 'label' } }))).train.size).toBe(9)
  })

  describe('with a train split alone', () => {
    /** The colour and the class of each image of a part. */
    const contents = async ({ size, labels, read }: Images): Promise<readonly string[]> => {
      const bytes = new Uint8Array(size * 48)
      await read(Int32Array.from(labels.keys()), bytes)
      return Array.from(labels, (label, nth) => `${label}: ${bytes[48 * nth]}`)
    }
    /** Six images, and 24 of a colour each. */
    const only = async (): Promise<Record<string, Buffer | string>> => {
      const { 'pets-test.tfrecord-00000-of-00001': _, ...rest } = files
      const shades = await Promise.all(Array.from({ length: 24 }, (_, nth) => picture(10 * nth)))
      const second = Buffer.concat(shades.map((shade, nth) => example(shade, nth % 3)))
      return { ...rest, 'pets-train.tfrecord-00001-of-00002': second }
    }

    test('a share of each class is for testing, the same for any seed of a run', async () => {
      const data = await succeed(open(await only()))
      expect(data.notices.map(renderMessage)).toContain(
        'tfds: 6 of 30 images are for testing, the same share of each class, as there is no test part',
      )
      expect([data.train.size, countsOf(data.test.labels, 3)]).toEqual([24, [2, 2, 2]])
      const [train, tested] = [await contents(data.train), await contents(data.test)]
      expect([...train, ...tested].toSorted()).toEqual(
        [
          ...Array.from({ length: 24 }, (_, nth) => `${nth % 3}: ${10 * nth}`),
          ...Array.from({ length: 6 }, (_, nth) => `${nth % 3}: ${100 * (nth % 3)}`),
        ].toSorted(),
      )
      const folder = scratch(await only())
      const again = (options: TfdsOptions, seed = 0) =>
        succeed(openData({ folder, seed })(tfds(image(4, 4, 3), options)))
      expect(await contents((await again({}, 5)).test)).toEqual(tested)
      expect(await contents((await again({ splitSeed: 1 })).test)).not.toEqual(tested)
      expect((await again({ test: 12 })).test.size).toBe(12)
    })

    test('a share that leaves no image of a kind is refused', async () => {
      for (const test of [1.5, 30])
        expect(await line(await only(), { test })).toBe(
          `tfds, test: expected a share above 0 and below 1, or a whole number below 30, the images there are, got ${test}`,
        )
    })
  })

  test('refuses other folders and files in one line', async () => {
    const { 'features.json': _, ...bare } = files
    expect(await line(bare)).toMatch(
      /put features.json, .*; expected the folder of one version, such as mnist\/3.0.1$/,
    )
    expect(await line({ 'a/1.0.0/x': '', 'b/1.0.0/x': '' })).toMatch(/expected the folder of one version/)
    for (const text of ['{', '[]', '{"featuresDict":{"features":{"image":7}}}'])
      expect(await line({ ...files, 'features.json': text })).toMatch(
        /features\.json, byte 0, content: expected the features that tfds writes/,
      )
    expect(await line({ ...files, 'features.json': '{"featuresDict":{"features":{}}}' })).toBe(
      'tfds, keys.image: expected a set with a feature that is an image, got none',
    )
    const { 'pets-train.tfrecord-00001-of-00002': shard = '', ...rest } = files
    expect(await line({ ...rest, 'pets-train.array_record-00001-of-00002': shard })).toMatch(
      /array_record-00001-of-00002, format: expected tfrecord, which .*, got array_record$/,
    )
    const others = Object.fromEntries(Object.entries(files).filter(([name]) => !name.includes('train')))
    expect(await line(others)).toMatch(/expected the shards of one set/)
  })
})
