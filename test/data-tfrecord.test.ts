import { readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { evaluationFeed, trainingFeed } from '../src/data/batches.js'
import { crc32c, maskedCrc } from '../src/data/crc.js'
import { openData } from '../src/data/open.js'
import type { OpenOptions } from '../src/data/source.js'
import { type TfRecordOptions, tfrecord } from '../src/data/spec.js'
import { image } from '../src/net/words.js'
import { failure, ownCache, scratch, succeed } from './scratch.js'

/**
 * Three Examples as TensorFlow 2.20 wrote them: a 2×2 PNG each of the colours (1, 10, 20), (2, 10, 20) and
 * (232, 10, 20) with labels 1, 2 and 1000, two with a box, a file name and an empty feature beside.
 */
const written = Buffer.from(
  '1QAAAAAAAADUh8fUCtIBCgkKBWVtcHR5EgAKGgoRaW1hZ2UvY2xhc3MvbGFiZWwSBRoDCgEBCmQKDWltYWdlL2VuY29kZWQSUwpRCk+JUE5HDQoaCgAAAA1JSERSAAAAAgAAAAIIAgAAAP3UmnMAAAAWSURBVAiZY2TkEmFgYGBiYGBgYGAAAAGLACMheThXAAAAAElFTkSuQmCCChsKDmltYWdlL2ZpbGVuYW1lEgkKBwoFYS5wbmcKJgoWaW1hZ2Uvb2JqZWN0L2Jib3gveG1pbhIMEgoKCAAAgD4AAAA/PXP3uIUAAAAAAAAA6YrMWQqCAQoaChFpbWFnZS9jbGFzcy9sYWJlbBIFGgMKAQIKZAoNaW1hZ2UvZW5jb2RlZBJTClEKT4lQTkcNChoKAAAADUlIRFIAAAACAAAAAggCAAAA/dSacwAAABZJREFUCJljZOISYWBgYGJgYGBgYAAAAZgAJK8BDFgAAAAASUVORK5CYII7PgvL1gAAAAAAAABNFRrfCtMBCgkKBWVtcHR5EgAKGwoRaW1hZ2UvY2xhc3MvbGFiZWwSBhoECgLoBwpkCg1pbWFnZS9lbmNvZGVkElMKUQpPiVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFklEQVQImWN8wSXCwMDAxMDAwMDAAAANRgEKLKkBrAAAAABJRU5ErkJgggobCg5pbWFnZS9maWxlbmFtZRIJCgcKBWEucG5nCiYKFmltYWdlL29iamVjdC9iYm94L3htaW4SDBIKCggAAIA+AAAAP+1DQno=',
  'base64',
)

/** Where the records begin, and what is in them. */
const starts = [0, 229, 378, written.length]

/** A record around some content. */
const framed = (content: Buffer): Buffer => {
  const whole = Buffer.alloc(content.length + 16)
  whole.writeBigUInt64LE(BigInt(content.length), 0)
  whole.writeUInt32LE(maskedCrc(whole.subarray(0, 8)), 8)
  content.copy(whole, 12)
  whole.writeUInt32LE(maskedCrc(content), 12 + content.length)
  return whole
}

const contentOf = (nth: number): Buffer =>
  Buffer.from(written.subarray((starts[nth] ?? 0) + 12, (starts[nth + 1] ?? 0) - 4))

ownCache()

const whole = {
  'train-00000-of-00002': written,
  'train-00001-of-00002': written,
  'validation-00000-of-00001': written,
}

const open = (files: Record<string, Buffer>, more: Partial<OpenOptions> & TfRecordOptions = {}) =>
  openData({ folder: scratch(files), seed: 0, ...more })(
    tfrecord(image(2, 2, 3), 1000, {
      validation: 0,
      normalise: { mean: [0, 0, 0], deviation: [1, 1, 1] },
      ...more,
    }),
  )

describe('crc32c', () => {
  test('is the published one', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283)
    expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa) // RFC 3720, B.4
    expect(crc32c(Buffer.alloc(32, 0xff))).toBe(0x62a8ab43)
    expect(crc32c(Buffer.alloc(0))).toBe(0)
  })

  test('eight bytes at once give what one at a time gives', () => {
    const slow = (bytes: Uint8Array) => {
      let sum = 0xffffffff
      for (const byte of bytes) {
        sum ^= byte
        for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0x82f63b78 : 0)
      }
      return ~sum >>> 0
    }
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 60, size: 'max' }),
        bytes => crc32c(Buffer.from(bytes)) === slow(bytes),
      ),
    )
  })
})

describe('tfrecord', () => {
  test('reads what TensorFlow wrote', async () => {
    const data = await succeed(open(whole))
    expect([data.train.size, data.test.size, data.classes.length]).toEqual([6, 3, 1000])
    const { images, labels } = await evaluationFeed(data, data.test, { batch: 3 }).batch(0, 0)
    expect([...labels]).toEqual([0, 1, 999])
    const colours = [0, 1, 2].map(nth =>
      [...images.subarray(12 * nth, 12 * nth + 3)].map(v => Math.round(v * 255)),
    )
    expect(colours).toEqual([
      [1, 10, 20],
      [2, 10, 20],
      [232, 10, 20],
    ])
  })

  test('streamed it is the same, and an index made once is used again', async () => {
    const folder = scratch(whole)
    const spec = tfrecord(image(2, 2, 3), 1000)
    const said: string[] = []
    const onProgress = ({ what }: { readonly what: string }) => said.push(what)
    const held = await succeed(openData({ folder, seed: 0, onProgress })(spec))
    expect(said).toContain('indexing')
    said.length = 0
    const streamed = await succeed(openData({ folder, seed: 0, memory: 10, onProgress })(spec))
    expect(said).toEqual([])
    expect(streamed).toMatchObject({ checksum: held.checksum, mean: held.mean, deviation: held.deviation })
    const batch = (data: typeof held) => trainingFeed(data, { batch: 5, seed: 3 }).batch(1, 0)
    expect(await batch(streamed)).toEqual(await batch(held))
  })

  test('a shard cut short is named with the record and offset', async () => {
    for (const length of [5, 100, 228, 400, written.length - 1]) {
      const fact = await failure(open({ ...whole, 'train-00001-of-00002': written.subarray(0, length) }))
      const nth = starts.findIndex((start, at) => start <= length && length < (starts[at + 1] ?? 0))
      expect(fact).toMatchObject({ _tag: 'Truncated', entry: `record ${nth}`, offset: length })
      expect('file' in fact && fact.file).toMatch(/train-00001-of-00002$/)
    }
  })

  test('any bit that is not as it was written is found', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: written.length - 1 }),
        fc.integer({ min: 0, max: 7 }),
        async (at, bit) => {
          const damaged = Buffer.from(written)
          damaged[at] = (damaged[at] ?? 0) ^ (1 << bit)
          const fact = await failure(open({ ...whole, 'train-00000-of-00002': damaged }))
          expect(fact).toMatchObject({ _tag: 'BadValue' })
          expect('entry' in fact && fact.entry).toBe(`record ${starts.findLastIndex(start => start <= at)}`)
        },
      ),
      { numRuns: 60 },
    )
  })

  test('a length no record can have is refused before anything is held', async () => {
    const header = Buffer.alloc(12)
    header.writeBigUInt64LE(2n ** 50n, 0)
    header.writeUInt32LE(maskedCrc(header.subarray(0, 8)), 8)
    const before = process.memoryUsage().arrayBuffers
    expect(await failure(open({ ...whole, 'train-00000-of-00002': header }))).toMatchObject({
      _tag: 'BadValue',
      what: 'length of the record',
      got: 2 ** 50,
      offset: 0,
    })
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 23)
  })

  test('an Example without a label or an image, with a label of another set, or that is none', async () => {
    const renamed = (key: string) => {
      const content = contentOf(1)
      content.write('X', content.indexOf(key))
      return content
    }
    const cases: readonly [Buffer, object][] = [
      [renamed('image/class/label'), { _tag: 'ValueMissing', key: 'image/class/label' }],
      [renamed('image/encoded'), { _tag: 'ValueMissing', key: 'image/encoded' }],
      [Buffer.alloc(0), { _tag: 'ValueMissing', key: 'image/class/label' }],
      [Buffer.from('ffffffff', 'hex'), { _tag: 'BadValue', what: 'record' }],
    ]
    for (const [content, fact] of cases)
      expect(
        await failure(
          open({ ...whole, 'train-00000-of-00002': Buffer.concat([framed(contentOf(0)), framed(content)]) }),
        ),
      ).toMatchObject({ ...fact, entry: 'record 1', offset: 229 + 12 })
    expect(await failure(open(whole, { firstLabel: 2 }))).toMatchObject({
      _tag: 'BadValue',
      got: 1,
      wanted: '2 to 1001',
    })
    expect(await failure(open(whole, { keys: { label: 'class' } }))).toMatchObject({
      _tag: 'ValueMissing',
      key: 'class',
    })
  })

  test('with skipBad what is wrong is listed, the rest is used', async () => {
    const noImage = contentOf(1)
    noImage.write('XXXX', noImage.indexOf('PNG'))
    const wrongSum = framed(contentOf(0))
    wrongSum[40] = 0
    const shard = Buffer.concat([wrongSum, framed(noImage), framed(contentOf(2)), written.subarray(0, 100)])
    const folder = scratch({ ...whole, 'train-00000-of-00002': shard })
    const spec = tfrecord(image(2, 2, 3), 1000, { validation: 0 })
    for (let nth = 0; nth < 2; nth++) {
      const data = await succeed(openData({ folder, seed: 0, skipBad: true })(spec))
      expect(data.skipped.map(({ _tag }) => _tag)).toEqual(['BadValue', 'Truncated', 'NotAnImage'])
      expect(data.train.size).toBe(4)
    }
    expect(await failure(openData({ folder, seed: 0 })(spec))).toMatchObject({ _tag: 'BadValue' })
  })

  test('a record that changed since it was indexed is found when it is read', async () => {
    const folder = scratch(whole)
    const data = await succeed(openData({ folder, seed: 0, memory: 10 })(tfrecord(image(2, 2, 3), 1000)))
    const damaged = Buffer.from(readFileSync(join(folder, 'validation-00000-of-00001')))
    damaged[50] = 0
    writeFileSync(join(folder, 'validation-00000-of-00001'), damaged)
    const batch = () => evaluationFeed(data, data.test, { batch: 3 }).batch(0, 0)
    await expect(batch()).rejects.toMatchObject({ fact: { _tag: 'BadValue', entry: 'record 0' } })
    truncateSync(join(folder, 'validation-00000-of-00001'), 20)
    await expect(batch()).rejects.toMatchObject({ fact: { _tag: 'Truncated' } })
  })

  test('a folder without shards', async () => {
    const { 'validation-00000-of-00001': _, ...rest } = whole
    expect(await failure(open(rest))).toMatchObject({ _tag: 'FilesMissing', data: 'tfrecord' })
  })
})
