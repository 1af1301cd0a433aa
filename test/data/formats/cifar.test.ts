import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test, vi } from 'vitest'
import { unpackBatches } from '../../../src/data/formats/cifar/cifar.js'
import { openData } from '../../../src/data/open.js'
import { evaluationFeed } from '../../../src/data/pipeline/batches.js'
import { countsOf } from '../../../src/data/pipeline/split.js'
import { cifar10, cifar100 } from '../../../src/data/spec.js'
import { failure, ownCache, realData, scratch, succeed, tarOf } from '../../support/scratch.js'

const record = 3073

/** Records whose red, green and blue planes count on from the record's number. */
const batchOf = (count: number, label: (nth: number) => number = nth => nth % 10): Buffer => {
  const bytes = Buffer.alloc(count * record)
  for (let nth = 0; nth < count; nth++) {
    bytes[nth * record] = label(nth)
    for (let at = 0; at < record - 1; at++)
      bytes[nth * record + 1 + at] = nth + at + 100 * Math.floor(at / 1024)
  }
  return bytes
}

const whole = (): Record<string, Buffer | string> => ({
  'data_batch_1.bin': batchOf(20),
  'data_batch_10.bin': batchOf(10, () => 3),
  'data_batch_2.bin': batchOf(10),
  'test_batch.bin': batchOf(12),
  'batches.meta.txt': 'a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n\n',
})

const open = (files: Record<string, Buffer | string>) =>
  openData({ folder: scratch(files), seed: 0 })(cifar10({ validation: 0 }))

ownCache()

describe('cifar10', () => {
  test('reads batches in numeric order and interleaves planes', async () => {
    const data = await succeed(open(whole()))
    expect(data).toMatchObject({ image: [32, 32, 3], classes: [...'abcdefghij'] })
    expect([data.train.size, data.test.size]).toEqual([40, 12])
    expect([...data.train.labels.subarray(30)]).toEqual(new Array(10).fill(3))
    const { images, labels } = await evaluationFeed(data, data.test, { batch: 12 }).batch(0, 0)
    expect([...labels]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1])
    for (const [nth, at, c] of [
      [0, 0, 0],
      [1, 33, 1],
      [11, 1023, 2],
    ] as const) {
      const byte = (nth + at + 1024 * c + 100 * c) % 256
      const value = (byte / 255 - (data.mean[c] ?? 0)) / (data.deviation[c] ?? 1)
      expect(images[nth * 3072 + 3 * at + c]).toBeCloseTo(value, 5)
    }
  })

  test('is found in its archive’s folder; other formats are named', async () => {
    const inner = Object.fromEntries(
      Object.entries(whole()).map(([name, content]) => [`cifar-10-batches-bin/${name}`, content]),
    )
    expect((await succeed(open(inner))).checksum).toBe((await succeed(open(whole()))).checksum)
    for (const [name, instead] of [
      ['data_batch_1', 'the batches for Python, not those of the binary version'],
      ['fine_label_names.txt', 'the files of CIFAR-100, which cifar100() reads'],
    ] as const)
      expect(await failure(open({ [name]: 'x', 'test.bin': 'x' }))).toMatchObject({
        _tag: 'FilesMissing',
        instead,
      })
  })

  test('CIFAR-100 is read by its fine labels or its coarse ones', async () => {
    const files = (count: number): Buffer => {
      const records = batchOf(count)
      return Buffer.concat(
        Array.from({ length: count }, (_, nth) =>
          Buffer.concat([
            Buffer.from([nth % 2, nth % 4]),
            records.subarray(nth * record + 1, (nth + 1) * record),
          ]),
        ),
      )
    }
    const names = {
      'coarse_label_names.txt': 'animal\nplant\n',
      'fine_label_names.txt': 'ape\noak\nbee\nelm\n',
    }
    const set = { 'train.bin': files(12), 'test.bin': files(6), ...names }
    const open100 = (all: Record<string, Buffer | string>, labels: 'fine' | 'coarse') =>
      openData({ folder: scratch(all), seed: 0 })(cifar100({ validation: 0, labels }))
    const fine = await succeed(open100(set, 'fine'))
    expect([fine.classes, [...fine.test.labels]]).toEqual([
      ['ape', 'oak', 'bee', 'elm'],
      [0, 1, 2, 3, 0, 1],
    ])
    const coarse = await succeed(open100(set, 'coarse'))
    expect([coarse.classes, [...coarse.test.labels]]).toEqual([
      ['animal', 'plant'],
      [0, 1, 0, 1, 0, 1],
    ])
    const ten = await succeed(
      open({ ...whole(), 'data_batch_1.bin': batchOf(12), 'data_batch_2.bin': batchOf(12) }),
    )
    const [a, b] = [new Uint8Array(3072), new Uint8Array(3072)]
    await fine.train.read(Int32Array.of(7), a)
    await ten.train.read(Int32Array.of(7), b)
    expect(a).toEqual(b)
    const bare = { 'train.bin': files(12), 'test.bin': files(6) }
    expect((await succeed(open100(bare, 'coarse'))).classes).toHaveLength(20)
    expect(await failure(open100({ ...set, 'test.bin': files(6).subarray(0, 5000) }, 'fine'))).toMatchObject({
      _tag: 'Truncated',
      expected: 2 * 3074,
    })
    const stray = { ...set, 'train_old.bin': files(4) }
    expect((await succeed(open100(stray, 'fine'))).train.size).toBe(12)
    const wrong = files(6)
    wrong[2 * 3074 + 1] = 4
    expect(await failure(open100({ ...set, 'test.bin': wrong }, 'fine'))).toMatchObject({
      _tag: 'BadValue',
      got: 4,
      offset: 2 * 3074 + 1,
    })
    expect(await failure(open100({ meta: 'x', train: 'x', test: 'x' }, 'fine'))).toMatchObject({
      instead: 'the files for Python, not those of the binary version',
    })
    expect(await failure(open100(whole(), 'fine'))).toMatchObject({
      instead: 'the files of CIFAR-10, which cifar10() reads',
    })
  })

  test('without a names file the classes have default names', async () => {
    const { 'batches.meta.txt': _, ...rest } = whole()
    expect((await succeed(open(rest))).classes.slice(0, 2)).toEqual(['airplane', 'automobile'])
  })

  test('errors name the file and offset', async () => {
    const cases: readonly [string, Buffer | string, object][] = [
      [
        'data_batch_2.bin',
        batchOf(10).subarray(0, 9 * record + 5),
        { _tag: 'Truncated', offset: 9 * record + 5, expected: 10 * record },
      ],
      ['test_batch.bin', '', { _tag: 'BadValue', what: 'size', got: 0 }],
      [
        'test_batch.bin',
        batchOf(4, nth => (nth === 2 ? 10 : 0)),
        { _tag: 'BadValue', what: 'label', got: 10, offset: 2 * record },
      ],
      ['batches.meta.txt', 'a\nb\n', { _tag: 'BadValue', what: 'label', got: 2, expected: '0 to 1' }],
    ]
    for (const [name, content, fact] of cases) {
      const got = await failure(open({ ...whole(), [name]: content }))
      expect(got).toMatchObject(fact)
      if (name.endsWith('.bin')) expect('file' in got && got.file.endsWith(name)).toBe(true)
    }
  })

  test('missing files are named with their source', async () => {
    const { 'test_batch.bin': _, ...rest } = whole()
    expect(await failure(open(rest))).toMatchObject({ _tag: 'FilesMissing', data: 'cifar10' })
    expect(await failure(openData({ folder: '/nowhere', seed: 0 })(cifar10()))).toMatchObject({
      _tag: 'FilesMissing',
    })
  })

  test('an archive is unpacked atomically', async () => {
    const batches = Object.entries(whole()).map(
      ([name, content]) => [`cifar-10-batches-bin/${name}`, content] as const,
    )
    const archive = gzipSync(
      await tarOf(Object.fromEntries([...batches, ['cifar-10-batches-bin/readme.html', '']])),
    )
    const folder = scratch({
      'good.tar.gz': archive,
      'cut.tar.gz': archive.subarray(0, archive.length - 200),
    })
    await succeed(unpackBatches(join(folder, 'good.tar.gz'), join(folder, 'good')))
    expect(readdirSync(join(folder, 'good')).sort()).toEqual(Object.keys(whole()).sort())
    expect((await succeed(openData({ folder: join(folder, 'good'), seed: 0 })(cifar10()))).test.size).toBe(12)
    expect(await failure(unpackBatches(join(folder, 'cut.tar.gz'), join(folder, 'cut')))).toMatchObject({
      _tag: 'BadStream',
    })
    expect(readdirSync(folder).sort()).toEqual(['cut.tar.gz', 'good', 'good.tar.gz'])
  })

  test('is downloaded without a folder; offline the error names the files and the folder', async () => {
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('fetch failed')))
    expect(await failure(openData({ seed: 0 })(cifar10()))).toMatchObject({
      _tag: 'FilesMissing',
      folder: join(process.env.ESPALIER_CACHE ?? '', 'data/cifar10'),
      instead: 'no download (fetch failed)',
    })
    vi.unstubAllGlobals()
  })

  test('the real slice', async () => {
    const folder = realData('cifar-10-batches-bin')
    if (folder === null) return
    const data = await succeed(openData({ folder, seed: 0 })(cifar10()))
    expect([data.train.size, data.validation.size, data.test.size]).toEqual([4500, 500, 1000])
    expect(data.classes[9]).toBe('truck')
    for (const [nth, mean] of [0.4914, 0.4822, 0.4465].entries()) expect(data.mean[nth]).toBeCloseTo(mean, 1)
    expect(Math.min(...countsOf(data.validation.labels, 10))).toBeGreaterThan(40)
  })
})
