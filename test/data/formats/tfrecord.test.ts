import { readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { deflateSync, gzipSync } from 'node:zlib'
import * as fc from 'fast-check'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { describe, expect, test } from 'vitest'
import { cacheFolder } from '../../../src/data/cache.js'
import type { Images } from '../../../src/data/dataset.js'
import { factOf } from '../../../src/data/error.js'
import { crc32c, maskedCrc } from '../../../src/data/formats/tfrecord/crc.js'
import { openData } from '../../../src/data/open.js'
import { evaluationFeed, trainingFeed } from '../../../src/data/pipeline/batches.js'
import type { OpenOptions } from '../../../src/data/source.js'
import { type TfRecordOptions, tfrecord } from '../../../src/data/spec.js'
import { image } from '../../../src/net/words/leaves.js'
import { renderMessage } from '../../../src/report/text/render-message.js'
import { failure, ownCache, scratch, succeed } from '../../support/scratch.js'

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

/** A message of one field of bytes. */
const field = (nth: number, content: Uint8Array): Buffer => {
  const length: number[] = []
  for (let rest = content.length; ; rest >>>= 7) {
    length.push(rest > 127 ? (rest & 127) | 128 : rest)
    if (rest <= 127) break
  }
  return Buffer.concat([Buffer.from([8 * nth + 2, ...length]), content])
}

const listOf = {
  bytes: (text: string) => field(1, field(1, Buffer.from(text))),
  floats: (numbers: readonly number[]) => field(2, field(1, Buffer.from(Float32Array.from(numbers).buffer))),
  ints: (numbers: readonly number[]) => field(3, field(1, Buffer.from(numbers))), // each below 128
}

const png = contentOf(0).subarray(contentOf(0).indexOf('\x89PNG', 'latin1'))

/** An Example of the first picture whose label is this feature. */
const labelled = (label: Buffer, key = 'image/class/label'): Buffer => {
  const pair = (name: string, feature: Buffer) =>
    field(1, Buffer.concat([field(1, Buffer.from(name)), field(2, feature)]))
  const picture = field(1, field(1, png.subarray(0, png.indexOf('IEND') + 8)))
  return framed(field(1, Buffer.concat([pair('image/encoded', picture), pair(key, label)])))
}

/** The training labels of a set with these records, of three classes. */
const labelsOf = async (records: readonly Buffer[], firstLabel = 0, classes = 3) => {
  const shard = Buffer.concat(records)
  const data = await succeed(
    openData({ folder: scratch({ train: shard, test: shard }), seed: 0 })(
      tfrecord(image(2, 2, 3), classes, { validation: 0, firstLabel }),
    ),
  )
  const notices = data.notices.filter(({ _tag }) => _tag !== 'DuplicatesFound') // both parts are the same shard
  return { labels: [...data.train.labels], notices: notices.map(renderMessage) }
}

ownCache()

const whole = {
  'train-00000-of-00002': written,
  'train-00001-of-00002': written,
  'validation-00000-of-00001': written,
}

const open = (
  files: Record<string, Buffer>,
  { memory, ...more }: Partial<OpenOptions> & TfRecordOptions = {},
) =>
  openData({ folder: scratch(files), seed: 0, ...(memory !== undefined && { memory }), ...more })(
    tfrecord(image(2, 2, 3), 1000, {
      validation: 0,
      normalise: { mean: [0, 0, 0], deviation: [1, 1, 1] },
      ...more,
    }),
  )

/** The pixels of all images of a part. */
const pixelsOf = async (images: Images): Promise<Uint8Array> => {
  const pixels = new Uint8Array(images.size * 2 * 2 * 3)
  await images.read(
    Int32Array.from({ length: images.size }, (_, nth) => nth),
    pixels,
  )
  return pixels
}

describe('crc32c', () => {
  test('equals the published values', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283)
    expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa) // RFC 3720, B.4
    expect(crc32c(Buffer.alloc(32, 0xff))).toBe(0x62a8ab43)
    expect(crc32c(Buffer.alloc(0))).toBe(0)
  })

  test('the sliced computation equals the bytewise one', () => {
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
  test('reads shards written by TensorFlow', async () => {
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

  test('streams the same images, and reuses the cached index', async () => {
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

  test('a truncated shard is named with the record and offset', async () => {
    for (const length of [5, 100, 228, 400, written.length - 1]) {
      const fact = await failure(open({ ...whole, 'train-00001-of-00002': written.subarray(0, length) }))
      const nth = starts.findIndex((start, at) => start <= length && length < (starts[at + 1] ?? 0))
      expect(fact).toMatchObject({ _tag: 'Truncated', entry: `record ${nth}`, offset: length })
      expect('file' in fact && fact.file).toMatch(/train-00001-of-00002$/)
      const begin = starts[nth] ?? 0
      const end = length < begin + 12 ? begin + 12 : starts[nth + 1]
      expect(fact).toMatchObject({ expected: end })
    }
  })

  test('any flipped bit is found', async () => {
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

  test('an excessive length is refused before memory is allocated', async () => {
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
      got: '1',
      expected: 'a whole number from 2, the firstLabel, to 1001, or zeros and a single 1, 1000 in all',
    })
    expect(await failure(open(whole, { keys: { label: 'class' } }))).toMatchObject({
      _tag: 'ValueMissing',
      key: 'class',
    })
  })

  test('with skipBad bad records are listed and skipped', async () => {
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

  test('a one-hot list is the label of its 1', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat({ max: 2 }), { minLength: 1, maxLength: 6 }),
        fc.constantFrom('ints', 'floats'),
        fc.nat({ max: 1 }),
        async (labels, kind, firstLabel) => {
          const oneHot = labels.map(label => [0, 1, 2].map(place => (place === label ? 1 : 0)))
          const lists = oneHot.map(list => labelled(listOf[kind as 'ints' | 'floats'](list))) // as drawn above
          expect((await labelsOf(lists, firstLabel)).labels).toEqual(labels)
          const plain = labels.map(label => labelled(listOf[kind as 'ints' | 'floats']([label + firstLabel])))
          expect((await labelsOf(plain, firstLabel)).labels).toEqual(labels)
        },
      ),
      { numRuns: 6 },
    )
  })

  test('any other list, text or fraction is no label, and is shown', async () => {
    const expected = 'expected a whole number from 0, the firstLabel, to 2, or zeros and a single 1, 3 in all'
    const cases: readonly [Buffer, string][] = [
      [listOf.ints([0, 1]), '0, 1'],
      [listOf.ints([1, 1, 0]), '1, 1, 0'],
      [listOf.ints([0, 0, 0]), '0, 0, 0'],
      [listOf.ints([0, 2, 0]), '0, 2, 0'],
      [listOf.ints([0, 0, 0, 1]), '0, 0, 0, 1'],
      [listOf.floats([1.5]), '1.5'],
      [listOf.bytes('cat'), "the text 'cat'"],
      [listOf.ints(new Array(9).fill(0)), '0, 0, 0, 0, 0, 0, 0, 0 … (9 numbers)'],
    ]
    for (const [label, shown] of cases) {
      const folder = scratch({ train: labelled(label), test: labelled(label) })
      const fact = await failure(
        openData({ folder, seed: 0 })(tfrecord(image(2, 2, 3), 3, { firstLabel: 0 })),
      )
      expect(renderMessage(fact)).toMatch(`image/class/label: ${expected}, got ${shown}`)
    }
  })

  test('a missing key is named with the existing keys', async () => {
    const shard = labelled(listOf.ints([1]), 'label')
    const fact = await failure(open({ train: shard, test: shard }))
    expect(renderMessage(fact)).toMatch(
      /: expected a value for image\/class\/label, got values for image\/encoded, label; try /,
    )
  })

  test('classes without training images give a notice', async () => {
    const records = [1, 2, 3].map(label => labelled(listOf.ints([label])))
    expect(await labelsOf(records, 0, 4)).toEqual({
      labels: [1, 2, 3],
      notices: [
        'records: 1 of 4 classes without a training image: 0; if none should be missing, try other classes, or another firstLabel',
      ],
    })
    expect((await labelsOf(records, 1, 3)).notices).toEqual([])
  })

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
      'records: 1 of the 3 shards train-*-of-00003 are there; the images of the others are missing',
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
