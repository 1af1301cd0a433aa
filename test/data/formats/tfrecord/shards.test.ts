/** Which files are the shards of a part, compressed or not. */
import { rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { deflateSync, gzipSync } from 'node:zlib'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { describe, expect, test } from 'vitest'
import { cacheFolder } from '../../../../src/data/cache.js'
import type { Images } from '../../../../src/data/dataset.js'
import { factOf } from '../../../../src/data/error.js'
import { openData } from '../../../../src/data/open.js'
import { tfrecord } from '../../../../src/data/spec.js'
import { image } from '../../../../src/net/words/leaves.js'
import { renderMessage } from '../../../../src/report/text/render-message.js'
import { failure, scratch, succeed } from '../../../support/scratch.js'
import { field, framed, labelled, listOf, open, whole, written } from './records.js'

/** The pixels of all images of a part. */
const pixelsOf = async (images: Images): Promise<Uint8Array> => {
  const pixels = new Uint8Array(images.size * 2 * 2 * 3)
  await images.read(
    Int32Array.from({ length: images.size }, (_, nth) => nth),
    pixels,
  )
  return pixels
}

describe('shards', () => {
  test('shards are found by their usual names, beside other files', async () => {
    const names = ['train.tfrecord', 'train-00000-of-00001', 'train_0.tfrec', 'train00.record', 'train']
    for (const name of [...names, ...names.map(plain => `shapes-${plain}`)]) {
      const folder = scratch({
        [name]: written,
        [name.replace('train', 'test')]: written,
        'train_labels.csv': 'a,b\n1,2\n',
        'README.md': 'x',
      })
      symlinkSync('/nowhere', join(folder, 'train-old'))
      const data = await succeed(openData({ folder, seed: 0 })(tfrecord(image(2, 2, 3), 1000)))
      expect([data.train.size + data.validation.size, data.test.size]).toEqual([3, 3])
      expect(data.notices.slice(0, 2).map(fact => renderMessage(fact).replace(folder, '…'))).toEqual([
        '…: 1 entry left out, links that lead nowhere: train-old',
        '…: 2 entries left out, with another extension: README.md, …',
      ])
    }
  })

  test('shards of any name are split where they are alone; those that are missing are counted', async () => {
    for (const names of [['flowers.tfrecord'], ['a.tfrecord-00000-of-00002', 'a.tfrecord-00001-of-00002']]) {
      const folder = scratch(Object.fromEntries([...names, 'LICENSE'].map(name => [name, written])))
      for (const at of names.length === 1 ? [folder, join(folder, 'flowers.tfrecord')] : [folder]) {
        const data = await succeed(
          openData({ folder: at, seed: 0 })(tfrecord(image(2, 2, 3), 1000, { test: 0.4 })),
        )
        expect(data.train.size + data.validation.size + data.test.size).toBe(3 * names.length)
      }
    }
    const part = { 'train-00001-of-00003': written, 'test-00000-of-00001': written }
    expect((await succeed(open(part))).notices.map(renderMessage)).toContain(
      'records: expected the 3 shards train-*-of-00003, got 1; the images of the others are missing; try copying them too',
    )
  })

  test('validation shards beside test shards are the validation set; shards of two sets are refused', async () => {
    const three = { train: written, validation: written, test: written }
    const data = await succeed(open(three))
    expect([data.train.size, data.validation.size, data.test.size]).toEqual([3, 3, 3])
    expect(data.notices.map(renderMessage)[0]).toMatch('records: val is the validation set, 3 images')
    const { test: _, ...two } = three
    expect((await succeed(open(two))).notices.map(renderMessage)[0]).toMatch(
      'records: validation is the test set',
    )
    const fact = await failure(open({ 'a-train': written, 'a-test': written, 'b-train': written }))
    expect(renderMessage(fact)).toMatch(/got a-\*, b-\*; try /)
  })

  test.each([
    ['gzip', gzipSync],
    ['zlib', deflateSync],
  ] as const)('shards compressed with %s are read as if they were not', async (_, pack) => {
    const parts = { train: written, validation: written, test: written }
    const packed = { train: pack(written), validation: pack(written), test: pack(written) }
    for (const memory of [undefined, 10]) {
      const options = memory === undefined ? {} : { memory }
      const [plain, data] = [await succeed(open(parts, options)), await succeed(open(packed, options))]
      expect(data.checksum).toBe(plain.checksum)
      for (const part of ['train', 'validation', 'test'] as const)
        expect(await pixelsOf(data[part])).toEqual(await pixelsOf(plain[part]))
    }
  })

  test('a compressed shard that is cut, damaged, or unpacks to far more, is refused in one line', async () => {
    const packed = gzipSync(written)
    const damaged = Buffer.from(packed)
    damaged[40] = ~(damaged[40] ?? 0)
    for (const [train, said] of [
      [
        packed.subarray(0, -20),
        /train, byte \d+: expected content that can be read, got an error \(unexpected end of file\); try another copy$/,
      ],
      [damaged, /train, byte \d+: expected content that can be read, got an error \((invalid|incorrect)/],
      [
        gzipSync(Buffer.alloc(2 ** 26 + 1)),
        /unpacked content: expected at most 100.*, got more than \d+ bytes from \d+/,
      ],
    ] as const)
      expect(renderMessage(await failure(open({ train, test: written })))).toMatch(said)
  })

  test('the content of a compressed shard that the cache has evicted is missed in one line', async () => {
    const data = await succeed(open({ train: gzipSync(written), test: written }, { memory: 10 }))
    rmSync(cacheFolder('unpacked'), { recursive: true })
    const fact = await failure(TE.tryCatch(() => pixelsOf(data.train), factOf('')))
    expect(renderMessage(fact)).toMatch(
      /train: expected a file that can be read, got an error \(its unpacked content is no longer in the cache/,
    )
  })

  test('a record as long as the signature of gzip is no compressed shard', async () => {
    const length = labelled(listOf.ints([1])).length - 16
    const long = framed(
      Buffer.concat([
        labelled(listOf.ints([1])).subarray(12, -4),
        field(15, Buffer.alloc(0x8b1f - length - 4)),
      ]),
    )
    expect(long.readUInt16BE(0)).toBe(0x1f8b) // a length that looks like gzip
    expect((await succeed(open({ train: long, test: written }))).train.size).toBe(1)
  })

  test('a folder without shards', async () => {
    const test = { 'test-00000-of-00001': whole['validation-00000-of-00001'] ?? Buffer.alloc(0) }
    for (const shards of [{}, test])
      expect(await failure(open(shards))).toMatchObject({ _tag: 'PartsMissing', data: 'tfrecord' })
  })
})
