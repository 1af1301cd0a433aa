/** Images in a folder for each class, or in archives of those. */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { openData } from '../../../src/data/open.js'
import { trainingFeed } from '../../../src/data/pipeline/batches.js'
import { imageFolder } from '../../../src/data/spec.js'
import { image } from '../../../src/net/words/leaves.js'
import { realData, scratch, succeed, tarOf } from '../../support/scratch.js'
import { bytesOf, content, files, open, part, plain } from './pictures.js'

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
