import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import sharp from 'sharp'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Dataset, Images } from '../../../src/data/dataset.js'
import { openData } from '../../../src/data/open.js'
import { trainingFeed } from '../../../src/data/pipeline/batches.js'
import type { OpenOptions } from '../../../src/data/source.js'
import { imageFolder } from '../../../src/data/spec.js'
import { sizeOf } from '../../../src/net/shape.js'
import { image } from '../../../src/net/words/leaves.js'
import { failure, ownCache, realData, scratch, succeed, tarOf } from '../../support/scratch.js'

type Files = Record<string, Buffer | string>

const plain = (red: number, green: number, blue: number, width = 12, height = 10) =>
  sharp({ create: { width, height, channels: 3, background: { r: red, g: green, b: blue } } })

/** Three classes in as many formats, each image of one colour: red tells the part, green the class, blue which. */
const pictures = async (): Promise<Files> => {
  const files: Files = {}
  for (const [part, count] of [
    ['train', 6],
    ['test', 2],
  ] as const)
    for (const [label, name] of ['bee', 'cat', 'dog'].entries())
      for (let nth = 0; nth < count; nth++) {
        const picture = plain(part === 'train' ? 50 : 200, 40 * label + 20, 10 * nth + 5)
        const [ending, bytes] =
          label === 0
            ? ['png', await picture.png().toBuffer()]
            : label === 1
              ? ['jpg', await picture.jpeg({ quality: 100 }).toBuffer()]
              : ['WEBP', await picture.webp({ lossless: true }).toBuffer()]
        files[`${part}/${name}/${nth}.${ending}`] = bytes
      }
  return files
}

let files: Files = {}
beforeAll(async () => {
  files = await pictures()
})
ownCache()

const part = (name: string, from: Files = files): Files =>
  Object.fromEntries(Object.entries(from).filter(([path]) => path.startsWith(`${name}/`)))

const spec = imageFolder(image(8, 8, 3))

const open = (folder: string, more: Partial<OpenOptions> = {}) => openData({ folder, seed: 0, ...more })(spec)

const bytesOf = async ({ stored }: Dataset, images: Images): Promise<readonly string[]> => {
  const all = new Uint8Array(images.size * sizeOf(stored))
  await images.read(Int32Array.from(images.labels.keys()), all)
  return Array.from({ length: images.size }, (_, nth) =>
    all.subarray(nth * sizeOf(stored), (nth + 1) * sizeOf(stored)).join(),
  )
}

/** Everything that training sees of a data set. */
const content = async (data: Dataset) => ({
  classes: data.classes,
  train: await bytesOf(data, data.train),
  validation: await bytesOf(data, data.validation),
  test: await bytesOf(data, data.test),
  labels: [data.train.labels, data.validation.labels, data.test.labels],
})

describe('imageFolder', () => {
  test('reads class folders of JPEG, PNG and WebP, scaled to cover', async () => {
    const data = await succeed(open(scratch(files)))
    expect(data).toMatchObject({ classes: ['bee', 'cat', 'dog'], image: [8, 8, 3], skipped: [] })
    expect([data.train.size, data.validation.size, data.test.size]).toEqual([16, 2, 6])
    const test = await bytesOf(data, data.test)
    for (const [nth, bytes] of test.entries()) {
      const [red = 0, green = 0, blue = 0] = bytes.split(',').map(Number)
      expect(Math.abs(red - 200)).toBeLessThan(4)
      expect(Math.abs(green - (40 * (data.test.labels[nth] ?? 0) + 20))).toBeLessThan(4)
      expect(Math.abs(blue - (10 * (nth % 2) + 5))).toBeLessThan(4)
    }
  })

  test('archives, gzipped or not, one or two, read as the folder does', async () => {
    const whole = await content(await succeed(open(scratch(files))))
    const [train, test] = [await tarOf(part('train')), await tarOf(part('test'))]
    const both = scratch({ 'all.tgz': gzipSync(await tarOf(files)) })
    for (const folder of [
      scratch({ 'train.tar.gz': gzipSync(train), 'test.tar.gz': gzipSync(test) }),
      scratch({ 'train.tar': train, 'val.tgz': gzipSync(test) }),
      scratch({ ...part('train'), 'test.tar': test }),
      join(both, 'all.tgz'),
    ])
      expect(await content(await succeed(open(folder)))).toEqual(whole)
  })

  test('images above the memory limit are streamed and equal', async () => {
    const folders = [
      scratch(files),
      scratch({
        'train.tar.gz': gzipSync(await tarOf(part('train'))),
        'test.tar': await tarOf(part('test')),
      }),
    ]
    for (const folder of folders) {
      const whole = await content(await succeed(open(folder)))
      for (const memory of [100, 1000, 3000]) {
        const data = await succeed(open(folder, { memory }))
        expect(await content(data)).toEqual(whole)
        const { images } = await trainingFeed(data, { batch: 4, seed: 0 }).batch(0, 0)
        expect(images.length).toBe(4 * 192)
        await data.close()
      }
    }
  })

  test('a packed archive is unpacked to the cache once', async () => {
    const folder = scratch({
      'train.tar.gz': gzipSync(await tarOf(part('train'))),
      'test.tar': await tarOf(part('test')),
    })
    const unpacked = join(process.env.ESPALIER_CACHE ?? '', 'data/unpacked')
    const before = readdirSync(unpacked).length
    for (let nth = 0; nth < 2; nth++) await (await succeed(open(folder, { memory: 100 }))).close()
    expect(readdirSync(unpacked).length).toBe(before + 1)
  })

  test('decoded images are read from the cache, unless damaged', async () => {
    const folder = scratch(files)
    const first = await content(await succeed(open(folder)))
    const decoded = join(process.env.ESPALIER_CACHE ?? '', 'data/decoded')
    expect(await content(await succeed(open(folder)))).toEqual(first)
    for (const name of readdirSync(decoded)) {
      const bytes = readFileSync(join(decoded, name))
      bytes[5] = 255 - (bytes[5] ?? 0)
      writeFileSync(join(decoded, name), bytes)
    }
    expect(await content(await succeed(open(folder)))).toEqual(first)
  })

  test('`take` decodes only its images, and does not affect the test set', async () => {
    const seen: number[] = []
    const data = await succeed(
      open(scratch(files), {
        take: 6,
        onProgress: ({ what, total }) => {
          if (what === 'decoding') seen.push(total)
        },
      }),
    )
    expect([data.train.size + data.validation.size, data.test.size]).toEqual([6, 6])
    expect(seen[0]).toBe(6)
  })

  test('one channel is grey; transparency and other sizes are accepted', async () => {
    const odd = {
      ...files,
      'train/bee/0.png': await plain(10, 200, 90, 40, 9).ensureAlpha(0.5).png().toBuffer(),
      'train/bee/1.png': await plain(77, 77, 77).toColourspace('b-w').png().toBuffer(),
    }
    const folder = scratch(odd)
    expect((await succeed(open(folder))).train.size).toBe(16)
    const grey = await succeed(openData({ folder, seed: 0 })(imageFolder(image(8, 8, 1))))
    expect(grey.stored).toEqual([8, 8, 1])
  })

  test('a wide image is centre-cropped', async () => {
    const stripes = sharp(
      Buffer.from(
        '<svg width="30" height="10"><rect width="30" height="10" fill="#f00"/><rect x="10" width="10" height="10" fill="#00f"/></svg>',
      ),
    )
    const data = await succeed(open(scratch({ ...files, 'test/bee/0.png': await stripes.png().toBuffer() })))
    const [first = ''] = await bytesOf(data, data.test)
    const row = first.split(',').map(Number)
    for (const column of [1, 4, 6]) expect(row.slice(3 * column, 3 * column + 3)).toEqual([0, 0, 255])
  })
})

describe('bad images', () => {
  const broken = (): Files => ({
    ...files,
    'train/cat/1.jpg': 'this is no image',
    'train/cat/2.jpg': (files['train/cat/2.jpg'] as Buffer).subarray(0, 200), // pictures() made buffers only
    'train/dog/3.WEBP': '',
  })

  test('a bad image is named with its entry and offset', async () => {
    const inFolder = await failure(open(scratch(broken())))
    expect(inFolder).toMatchObject({ _tag: 'NotAnImage', entry: null })
    expect('file' in inFolder && inFolder.file).toMatch(/train\/cat\/1\.jpg$/)
    const archive = await tarOf(part('train', broken()))
    const inArchive = await failure(
      open(scratch({ 'train.tar': archive, 'test.tar': await tarOf(part('test')) })),
    )
    expect(inArchive).toMatchObject({ _tag: 'NotAnImage', entry: 'train/cat/1.jpg' })
    const { offset } = inArchive as { offset: number } // NotAnImage has a place
    expect(archive.toString('utf8', offset, offset + 15)).toBe('train/cat/1.jpg')
  })

  test('with skipBad they are skipped and listed', async () => {
    const data = await succeed(open(scratch(broken()), { skipBad: true }))
    expect(data.train.size + data.validation.size).toBe(15)
    expect(data.skipped.map(({ _tag }) => _tag)).toEqual(['NotAnImage', 'NotAnImage', 'NotAnImage'])
    for (const [nth, bytes] of (await bytesOf(data, data.train)).entries())
      expect(Math.abs(Number(bytes.split(',')[1]) - (40 * (data.train.labels[nth] ?? 0) + 20))).toBeLessThan(
        4,
      )
  })

  test('streamed with skipBad, the next image of the class replaces a bad one, and each is listed once', async () => {
    const data = await succeed(open(scratch(broken()), { skipBad: true, memory: 3000 }))
    const feed = trainingFeed(data, { batch: 8, seed: 0 })
    for (let epoch = 0; epoch < 3; epoch++)
      for (let step = 0; step < feed.batches; step++) {
        const { images, labels } = await feed.batch(epoch, step)
        labels.forEach((label, nth) => {
          const green = ((images[192 * nth + 1] ?? 0) * (data.deviation[1] ?? 1) + (data.mean[1] ?? 0)) * 255
          expect(Math.abs(green - (40 * label + 20))).toBeLessThan(4)
        })
      }
    await bytesOf(data, data.validation)
    expect(data.skipped.length).toBe(3)
  })

  /** The green and blue of every image a feed gives in an epoch: its class, and which of the class it is. */
  const shown = async (data: Dataset, epoch: number, backwards = false): Promise<readonly string[]> => {
    const feed = trainingFeed(data, { batch: 4, seed: 0, augment: false })
    const steps = Array.from({ length: feed.batches }, (_, step) =>
      backwards ? feed.batches - 1 - step : step,
    )
    const batches: string[] = []
    for (const step of steps) {
      const { images, size } = await feed.batch(epoch, step)
      const value = (at: number, c: number) =>
        Math.round(((images[192 * at + c] ?? 0) * (data.deviation[c] ?? 1) + (data.mean[c] ?? 0)) * 255)
      batches[step] = Array.from({ length: size }, (_, at) => [1, 2].map(c => value(at, c)).join()).join(' ')
    }
    return batches
  }

  test('streamed with skipBad, batches are full and depend on the seed alone, not on earlier reads', async () => {
    const bees = Object.fromEntries([0, 2, 3].map(nth => [`train/bee/${nth}.png`, 'no image']))
    const folder = scratch({ ...broken(), ...bees })
    const normalise = { mean: [0, 0, 0], deviation: [1, 1, 1] } // so that nothing is read before
    const stream = () =>
      succeed(
        openData({ folder, seed: 0, skipBad: true, memory: 3000 })(
          imageFolder(image(8, 8, 3), { normalise }),
        ),
      )
    const [first, other] = [await stream(), await stream()]
    const forwards = [await shown(first, 0), await shown(first, 1)]
    expect([await shown(other, 1, true), await shown(other, 0, true)]).toEqual([forwards[1], forwards[0]])
    for (const batch of forwards.flat()) expect(batch.split(' ').length).toBe(4)
  })

  test('streamed with skipBad, no validation image replaces a training image', async () => {
    const held = await succeed(open(scratch(files), { memory: 3000 }))
    const bees = (await bytesOf(held, held.validation)).filter((_, nth) => held.validation.labels[nth] === 0)
    expect(bees.length).toBe(1)
    const nth = (Number(bees[0]?.split(',')[2]) - 5) / 10
    const before = { ...files, [`train/bee/${(nth + 5) % 6}.png`]: 'no image' }
    const data = await succeed(open(scratch(before), { skipBad: true, memory: 3000 }))
    expect(await bytesOf(data, data.train)).not.toContain(bees[0])
    expect([data.skipped.length, data.train.size]).toEqual([1, 16])
  })

  test('streamed with skipBad, a training image replaces one where a part has no other of the class', async () => {
    const folder = scratch({ ...files, 'test/cat/0.jpg': 'no image', 'test/cat/1.jpg': '' })
    const data = await succeed(open(folder, { skipBad: true, memory: 3000 }))
    const test = await bytesOf(data, data.test)
    const reds = test.map(bytes => Number(bytes.split(',')[0]))
    expect(reds.map(red => Math.abs(red - 50) < 4)).toEqual([...data.test.labels].map(label => label === 1))
    expect(data.skipped.length).toBe(2)
  })

  test('streamed without skipBad, the batch fails', async () => {
    const folder = scratch(files)
    const data = await succeed(open(folder, { memory: 100 }))
    for (const [name, content] of Object.entries(broken())) writeFileSync(join(folder, name), content)
    const reading = bytesOf(data, data.train).then(() => bytesOf(data, data.validation))
    await expect(reading).rejects.toMatchObject({ fact: { _tag: 'NotAnImage' } })
  })

  test('a class folder without images is named, in a folder and in an archive', async () => {
    const folder = scratch(files)
    mkdirSync(join(folder, 'train/emu'))
    expect(await failure(open(folder))).toMatchObject({ _tag: 'EmptyClass', name: 'emu' })
    const data = await succeed(open(folder, { skipBad: true }))
    expect([data.classes.length, data.skipped.length]).toEqual([3, 1])
    const archive = await tarOf(part('train'), ['train/', 'train/emu/'])
    const packed = scratch({ 'train.tar.gz': gzipSync(archive), 'test.tar': await tarOf(part('test')) })
    expect(await failure(open(packed))).toMatchObject({ _tag: 'EmptyClass', name: 'train/emu' })
  })

  test('a test class that training lacks', async () => {
    const strange = { ...files, 'test/emu/0.png': files['test/bee/0.png'] ?? '' }
    expect(await failure(open(scratch(strange)))).toMatchObject({
      _tag: 'PartsDiffer',
      what: 'classes',
      second: { got: 'emu' },
    })
  })

  test('a test without some of the classes keeps the names of the others', async () => {
    const dogs = Object.fromEntries(Object.entries(part('test')).filter(([path]) => path.includes('dog')))
    const data = await succeed(open(scratch({ ...part('train'), ...dogs })))
    expect([...data.test.labels]).toEqual([2, 2])
  })

  test('an unsafe entry refuses the archive, or is skipped and listed', async () => {
    const hostile = await tarOf({ ...part('train'), '../train/cat/evil.jpg': files['train/cat/1.jpg'] ?? '' })
    const folder = scratch({ 'train.tar.gz': gzipSync(hostile), 'test.tar': await tarOf(part('test')) })
    expect(await failure(open(folder))).toMatchObject({ _tag: 'UnsafeEntry', entry: '../train/cat/evil.jpg' })
    const data = await succeed(open(folder, { skipBad: true }))
    expect([data.train.size + data.validation.size, data.skipped.length]).toEqual([18, 1])
  })

  test('an archive cut short is named with the entry and offset', async () => {
    const whole = await tarOf(part('train'))
    const folder = scratch({ 'train.tar': whole.subarray(0, 1500), 'test.tar': await tarOf(part('test')) })
    expect(await failure(open(folder))).toMatchObject({ _tag: 'Truncated', offset: 1500 })
    expect(await failure(open(folder, { memory: 10 }))).toMatchObject({ _tag: 'Truncated', offset: 1500 })
    const packed = gzipSync(whole)
    const cut = scratch({
      'train.tar.gz': packed.subarray(0, packed.length - 40),
      'test.tar': await tarOf(part('test')),
    })
    expect(await failure(open(cut))).toMatchObject({ _tag: 'BadStream', offset: packed.length - 40 })
  })
})

describe('real images', () => {
  test('50,000 are listed, and some streamed, in less than 1 GB', async () => {
    const folder = realData('cifar10-images')
    if (folder === null) return
    const code = `
      import { openData } from '${import.meta.dirname}/../../../src/data/open.ts'
      import { imageFolder } from '${import.meta.dirname}/../../../src/data/spec.ts'
      import { trainingFeed } from '${import.meta.dirname}/../../../src/data/pipeline/batches.ts'
      const open = openData({ folder: '${folder}', seed: 0, take: 2000, memory: 2 ** 20 })
      const { right: data } = await open(imageFolder([32, 32, 3]))()
      const feed = trainingFeed(data, { batch: 64, seed: 0 })
      for (let step = 0; step < feed.batches; step++) await feed.batch(0, step)
      console.log(JSON.stringify({ classes: data.classes.length, test: data.test.size, rss: process.memoryUsage().rss }))`
    const out = execFileSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], {
      env: { ...process.env, NODE_NO_WARNINGS: '1' },
      encoding: 'utf8',
    })
    expect(JSON.parse(out)).toMatchObject({ classes: 10, test: 10_000 })
    expect(JSON.parse(out).rss).toBeLessThan(2 ** 30)
  }, 60_000)
})
