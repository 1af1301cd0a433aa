import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { openData } from '../../../src/data/open.js'
import { evaluationFeed } from '../../../src/data/pipeline/batches.js'
import { countsOf } from '../../../src/data/pipeline/split.js'
import { mnist } from '../../../src/data/spec.js'
import { renderMessage } from '../../../src/report/text/render-message.js'
import { failure, ownCache, realData, scratch, succeed } from '../../support/scratch.js'

const idx = (sizes: readonly number[], byte: (at: number) => number): Buffer => {
  const header = Buffer.alloc(4 + 4 * sizes.length)
  header.writeUInt32BE(0x0800 + sizes.length, 0)
  for (const [axis, size] of sizes.entries()) header.writeUInt32BE(size, 4 + 4 * axis)
  const length = sizes.reduce((product, size) => product * size, 1)
  return Buffer.concat([header, Uint8Array.from({ length }, (_, at) => byte(at))])
}

/** A set of 8×6 images in five classes. */
const small = (): Record<string, Buffer> => ({
  'train-images-idx3-ubyte': idx([40, 8, 6], at => at % 256),
  'train-labels.idx1-ubyte.gz': gzipSync(idx([40], at => at % 5)),
  't10k-images-idx3-ubyte.gz': gzipSync(idx([7, 8, 6], at => (3 * at) % 256)),
  't10k-labels-idx1-ubyte': idx([7], at => at % 5),
})

const open = (files: Record<string, Buffer>, more: { take?: number } = {}) =>
  openData({ folder: scratch(files), seed: 0, ...more })(mnist())

ownCache()
afterEach(() => {
  vi.unstubAllGlobals()
})

describe('mnist', () => {
  test('reads any data set in this format, gzipped or not, by either name', async () => {
    const data = await succeed(open(small()))
    expect(data).toMatchObject({ image: [8, 6, 1], classes: ['0', '1', '2', '3', '4'] })
    expect([data.train.size, data.validation.size, data.test.size]).toEqual([36, 4, 7])
    const { images, labels } = await evaluationFeed(data, data.test, { batch: 7 }).batch(0, 0)
    expect([...labels]).toEqual([0, 1, 2, 3, 4, 0, 1])
    const [mean = 0] = data.mean
    const [deviation = 1] = data.deviation
    expect(images[50]).toBeCloseTo((150 / 255 - mean) / deviation, 5)
  })

  test('the checksum depends on the content alone, not on gzip or `take`', async () => {
    const files = small()
    const repacked = { ...files, 't10k-labels-idx1-ubyte': gzipSync(files['t10k-labels-idx1-ubyte'] ?? '') }
    const changed = { ...files, 't10k-labels-idx1-ubyte': idx([7], at => (at + 1) % 5) }
    const [first, taken, packed, other] = await Promise.all([
      succeed(open(files)),
      succeed(open(files, { take: 10 })),
      succeed(open(repacked)),
      succeed(open(changed)),
    ])
    expect(first.checksum).toMatch(/^[0-9a-f]{16}$/)
    expect([taken.checksum, packed.checksum]).toEqual([first.checksum, first.checksum])
    expect(other.checksum).not.toBe(first.checksum)
  })

  test('`take` uses a share of each class, and does not affect the test set', async () => {
    const data = await succeed(open(small(), { take: 20 }))
    expect([data.train.size, data.validation.size, data.test.size]).toEqual([18, 2, 7])
    const both = Int32Array.from([...data.train.labels, ...data.validation.labels])
    expect(countsOf(both, 5)).toEqual([4, 4, 4, 4, 4])
  })

  test('where a file is missing, all are named with the folders they come from', async () => {
    const { 'train-images-idx3-ubyte': _, ...rest } = small()
    const fact = await failure(open(rest))
    expect(fact).toMatchObject({ _tag: 'FilesMissing', data: 'mnist' })
    expect('files' in fact && fact.files).toContain('train-images-idx3-ubyte.gz')
    expect(renderMessage(fact)).toMatch(
      /; try --data with the folder .*, from https:[^ ]*\/ or https:[^ ]*\/$/,
    )
  })

  test('labels from 1, as of EMNIST letters, are the classes 1 to 26, with a notice', async () => {
    const letters = {
      'emnist-letters-train-images-idx3-ubyte.gz': gzipSync(idx([52, 8, 6], at => at % 256)),
      'emnist-letters-train-labels-idx1-ubyte.gz': gzipSync(idx([52], at => 1 + (at % 26))),
      'emnist-letters-test-images-idx3-ubyte': idx([26, 8, 6], at => at % 256),
      'emnist-letters-test-labels-idx1-ubyte': idx([26], at => 26 - at),
    }
    const data = await succeed(open(letters))
    expect(data.classes).toEqual(Array.from({ length: 26 }, (_, nth) => `${nth + 1}`))
    expect([...data.test.labels]).toEqual(Array.from({ length: 26 }, (_, nth) => 25 - nth))
    expect(countsOf(Int32Array.from([...data.train.labels, ...data.validation.labels]), 26)).toEqual(
      new Array(26).fill(2),
    )
    const notices = data.notices.filter(({ _tag }) => _tag !== 'DuplicatesFound') // 16 different images repeat
    expect(notices.map(renderMessage)).toEqual([
      'mnist: labels run from 1 to 26; 1 is the first class',
      "mnist: EMNIST's images are stored on their side, and are turned upright; if they should stay as they are, try transposed: false",
    ])
    const zero = { ...letters, 'emnist-letters-test-labels-idx1-ubyte': idx([26], at => at) }
    expect(await failure(open(zero))).toMatchObject({ _tag: 'BadValue', got: 0, offset: 8 })
  })

  describe('the classes have the names of EMNIST’s mapping', () => {
    const letters = (classes: number, first: number, mapping: string, set = 'letters') => ({
      'emnist-letters-train-images-idx3-ubyte': idx([2 * classes, 8, 6], at => at % 251),
      'emnist-letters-train-labels-idx1-ubyte': idx([2 * classes], at => first + (at % classes)),
      'emnist-letters-test-images-idx3-ubyte': idx([classes, 8, 6], at => (3 * at) % 251),
      'emnist-letters-test-labels-idx1-ubyte': idx([classes], at => first + at),
      [`emnist-${set}-mapping.txt`]: Buffer.from(mapping),
    })

    test('one character, or a letter as a capital and a small one', async () => {
      expect((await succeed(open(letters(3, 1, '1 65 97 \n2 66 98\r\n3 67 99')))).classes).toEqual([
        ...['Aa', 'Bb', 'Cc'],
      ])
      expect((await succeed(open(letters(2, 0, '1 100\n0 48\n9 50\n')))).classes).toEqual(['0', 'd'])
    })

    test('that of another set is left alone', async () => {
      const files = letters(2, 0, '0 48\n1 49\n', 'balanced')
      expect((await succeed(open(files))).classes).toEqual(['0', '1'])
      expect(
        (await succeed(open({ ...files, 'emnist-letters-mapping.txt': Buffer.from('0 65\n1 66') }))).classes,
      ).toEqual(['A', 'B'])
    })

    test.for([
      [
        '0 48\n1 x\n',
        "byte 5, line: expected a label and the ASCII codes of its characters, as '10 65', got '1 x'; try ",
      ],
      ['0 48\n1 10\n', "got '1 10'; try "],
      ['0 48\n', 'labels: expected a line for label 1, which training images have, got none; try '],
      ['', 'labels: expected a line for label 0, '],
      ['0 48\n'.repeat(1000), 'size: expected at most 4096 bytes, got more; try '],
    ] as const)('%j is refused in one line', async ([mapping, said]) => {
      const line = renderMessage(await failure(open(letters(2, 0, mapping))))
      expect(line).toContain('emnist-letters-mapping.txt')
      expect(line).toContain(said)
    })
  })

  test('EMNIST’s images are turned upright, others where it is asked for', async () => {
    const emnist = Object.fromEntries(
      Object.entries(small()).map(([name, content]) => [
        `emnist-mnist-${name.replace('t10k', 'test')}`,
        content,
      ]),
    )
    const read = async (files: Record<string, Buffer>, transposed?: boolean) => {
      const spec = mnist({ validation: 0, ...(transposed !== undefined && { transposed }) })
      const data = await succeed(openData({ folder: scratch(files), seed: 0 })(spec))
      const bytes = new Uint8Array(2 * 48)
      await data.train.read(Int32Array.of(0), bytes)
      await data.test.read(Int32Array.of(3), bytes.subarray(48))
      const notices = data.notices.filter(({ _tag }) => _tag === 'ImagesTransposed').length
      return { stored: data.stored, bytes, notices }
    }
    const asStored = await read(small())
    expect(asStored.stored).toEqual([8, 6, 1])
    expect(await read(emnist, false)).toEqual(asStored)
    expect([(await read(emnist)).notices, (await read(small(), true)).notices]).toEqual([1, 0])
    for (const { stored, bytes } of [await read(emnist), await read(small(), true)]) {
      expect(stored).toEqual([6, 8, 1])
      for (let at = 0; at < 96; at++) {
        const [image, row, column] = [Math.floor(at / 48), Math.floor((at % 48) / 8), at % 8]
        expect(bytes[at]).toBe(asStored.bytes[48 * image + 6 * column + row])
      }
    }
  })

  test('a gap in the labels is refused with the offset', async () => {
    const label = (nth: number, other: number) => idx([40], at => (at === nth ? other : at % 5))
    const labels = (content: Buffer) => ({ ...small(), 'train-labels.idx1-ubyte.gz': gzipSync(content) })
    expect(renderMessage(await failure(open(labels(label(7, 77)))))).toMatch(
      /byte 15, label: expected labels that run from 0, or from 1, without a gap, got 77, and none is 5/,
    )
    expect(await failure(open(labels(idx([40], at => 2 + (at % 5)))))).toMatchObject({
      got: '2, and none is 0',
    })
  })

  test('a folder with the name of the file in it is searched', async () => {
    const nested = Object.fromEntries(
      Object.entries(small()).map(([name, content]) => [`${name.replace('.gz', '')}/${name}`, content]),
    )
    const [data, plain] = [await succeed(open(nested)), await succeed(open(small()))]
    expect(data.checksum).toBe(plain.checksum)
    const beside = { ...small(), 'train-images.idx3-ubyte/train-images.idx3-ubyte': Buffer.from('no') }
    expect((await succeed(open(beside))).checksum).toBe(plain.checksum)
  })

  test('one set is read where others lie beside it, by its plain names; else they are named', async () => {
    const set = (name: string) =>
      Object.fromEntries(Object.entries(small()).map(([file, content]) => [name + file, content]))
    expect((await succeed(open({ ...small(), ...set('emnist-digits-') }))).train.size).toBe(36)
    expect(renderMessage(await failure(open({ ...set('a-'), ...set('b-') })))).toMatch(
      /got files of several sets: a-, b-; try --data/,
    )
  })

  test('files that disagree', async () => {
    const cases: readonly [string, Buffer, object][] = [
      ['t10k-labels-idx1-ubyte', idx([6], () => 0), { _tag: 'PartsDiffer', what: 'count' }],
      ['t10k-images-idx3-ubyte.gz', idx([7, 6, 8], () => 0), { _tag: 'PartsDiffer', what: 'size' }],
      ['t10k-labels-idx1-ubyte', idx([7], at => at), { _tag: 'BadValue', what: 'label', got: 5, offset: 13 }],
    ]
    for (const [name, content, fact] of cases)
      expect(await failure(open({ ...small(), [name]: content }))).toMatchObject(fact)
  })

  test('is downloaded without a folder; offline the error names the files and the folder', async () => {
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('fetch failed')))
    const fact = await failure(openData({ seed: 0 })(mnist()))
    expect(fact).toMatchObject({
      _tag: 'FilesMissing',
      folder: join(process.env.ESPALIER_CACHE ?? '', 'data/mnist'),
      instead: 'no download (fetch failed)',
    })
    expect('files' in fact && fact.files.length).toBe(4)
  })

  test('a wrong download is refused by its checksum, and no file remains', async () => {
    vi.stubGlobal('fetch', async () => new Response('<html>please log in</html>'))
    expect(await failure(openData({ seed: 0 })(mnist()))).toMatchObject({ _tag: 'ChecksumDiffers' })
    vi.stubGlobal('fetch', async () => new Response('gone', { status: 404 }))
    expect(await failure(openData({ seed: 0 })(mnist()))).toMatchObject({
      _tag: 'FilesMissing',
      instead: 'no download (the server answered 404)',
    })
  })

  test('real MNIST', async () => {
    const folder = realData('mnist')
    if (folder === null) return
    const data = await succeed(openData({ folder, seed: 0 })(mnist()))
    expect([data.train.size, data.validation.size, data.test.size]).toEqual([54_000, 6_000, 10_000])
    expect(data).toMatchObject({ image: [28, 28, 1], checksum: 'c65580678af93f1e' })
    expect(data.mean[0]).toBeCloseTo(0.1307, 3) // the figures everyone uses
    expect(data.deviation[0]).toBeCloseTo(0.3081, 3)
    expect(countsOf(data.test.labels, 10)).toEqual([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009])
  })
})
