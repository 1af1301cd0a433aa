/** Images that cannot be decoded, and classes that lack them: refused by name, or left out. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { Dataset } from '../../../src/data/dataset.js'
import { openData } from '../../../src/data/open.js'
import { trainingFeed } from '../../../src/data/pipeline/batches.js'
import { imageFolder } from '../../../src/data/spec.js'
import { image } from '../../../src/net/words/leaves.js'
import { failure, scratch, succeed, tarOf } from '../../support/scratch.js'
import { bytesOf, type Files, files, open, part } from './pictures.js'

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
