import { existsSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import * as fc from 'fast-check'
import sharp from 'sharp'
import { afterEach, describe, expect, test } from 'vitest'
import { derivedFile, store, touch } from '../../src/data/cache.js'
import { openData } from '../../src/data/open.js'
import { imageFolder, mnist } from '../../src/data/spec.js'
import { image } from '../../src/net/words/leaves.js'
import { failure, ownCache, scratch, succeed, tarOf } from '../support/scratch.js'

ownCache()
afterEach(() => {
  delete process.env.ESPALIER_CACHE_LIMIT
})

const mebibyte = 2 ** 20

/** Everything below a folder, in bytes. */
const bytesIn = (folder: string): number =>
  !existsSync(folder)
    ? 0
    : readdirSync(folder, { withFileTypes: true }).reduce(
        (sum, entry) =>
          sum +
          (entry.isDirectory() ? bytesIn(join(folder, entry.name)) : statSync(join(folder, entry.name)).size),
        0,
      )

const cached = (): number => bytesIn(process.env.ESPALIER_CACHE ?? '')

describe('gzipped content', () => {
  test('is refused above the size limit, and no file remains', async () => {
    const png = await sharp({ create: { width: 4, height: 4, channels: 3, background: '#456' } })
      .png()
      .toBuffer()
    const zeros = (name: string, mebibytes: number) => ({ [name]: Buffer.alloc(mebibytes * mebibyte) })
    const content = await tarOf({ 'cat/0.png': png, ...zeros('cat/1.png', 60), ...zeros('cat/2.png', 5) })
    const bomb = gzipSync(content, { level: 1 })
    expect(bomb.length).toBeLessThan(mebibyte)
    const folder = scratch({ 'train.tar.gz': bomb, 'test.tar': await tarOf({ 'cat/0.png': png }) })
    for (const memory of [1000, 2 ** 28])
      expect(await failure(openData({ folder, seed: 0, memory })(imageFolder(image(4, 4, 3))))).toMatchObject(
        {
          _tag: 'BadValue',
          what: 'unpacked content',
          offset: 64 * mebibyte,
        },
      )
    expect(cached()).toBe(0)
  })

  test('is read below the size limit at any compression ratio', async () => {
    const idx = (sizes: readonly number[], bytes: number) => {
      const header = Buffer.alloc(4 + 4 * sizes.length)
      header.writeUInt32BE(0x0800 + sizes.length, 0)
      for (const [axis, size] of sizes.entries()) header.writeUInt32BE(size, 4 + 4 * axis)
      return gzipSync(Buffer.concat([header, Buffer.alloc(bytes)]))
    }
    const folder = scratch({
      'train-images-idx3-ubyte.gz': idx([1000, 100, 100], 1e7),
      'train-labels-idx1-ubyte.gz': idx([1000], 1000),
      't10k-images-idx3-ubyte.gz': idx([10, 100, 100], 1e5),
      't10k-labels-idx1-ubyte.gz': idx([10], 10),
    })
    expect((await succeed(openData({ folder, seed: 0 })(mnist({ validation: 0 })))).train.size).toBe(1000)
  })
})

describe('the cache', () => {
  const put = (name: string, bytes: number) =>
    store(derivedFile('decoded', name), async part => writeFileSync(part, Buffer.alloc(bytes)))
  const kept = () => readdirSync(derivedFile('decoded', ''))

  test('evicts the least recently used file, never the newest', async () => {
    const limit = 1000
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({ name: fc.constantFrom(...'abcdef'), bytes: fc.integer({ min: 1, max: 1200 }) }),
          {
            minLength: 1,
            maxLength: 12,
          },
        ),
        async uses => {
          process.env.ESPALIER_CACHE = scratch()
          process.env.ESPALIER_CACHE_LIMIT = `${limit / 2 ** 30}`
          const model = new Map<string, number>() // in the order of their use
          for (const [nth, { name, bytes }] of uses.entries()) {
            const file = derivedFile('decoded', name)
            const known = model.get(name)
            if (await touch(file)) expect(known).toBeDefined()
            else await put(name, bytes)
            model.delete(name)
            model.set(name, known ?? bytes)
            utimesSync(file, nth, nth) // the clock is too coarse for uses in one millisecond
            if (known === undefined)
              for (const [old, size] of model) {
                const total = [...model.values()].reduce((sum, size) => sum + size, 0)
                if (total > limit && old !== name && size > 0) model.delete(old)
              }
            expect(kept().sort()).toEqual([...model.keys()].sort())
          }
        },
      ),
      { numRuns: 20 },
    )
  })

  test('records the time of use', async () => {
    process.env.ESPALIER_CACHE = scratch()
    await put('a', 5)
    utimesSync(derivedFile('decoded', 'a'), 1, 1)
    const before = Date.now()
    expect([await touch(derivedFile('decoded', 'a')), await touch(derivedFile('decoded', 'b'))]).toEqual([
      true,
      false,
    ])
    expect(statSync(derivedFile('decoded', 'a')).mtimeMs).toBeGreaterThan(before - 1000)
  })

  test('keeps a single file above the limit', async () => {
    process.env.ESPALIER_CACHE = scratch()
    process.env.ESPALIER_CACHE_LIMIT = `${100 / 2 ** 30}`
    await put('a', 50)
    await put('b', 500)
    expect(kept()).toEqual(['b'])
  })

  test('removes a file whose write failed', async () => {
    process.env.ESPALIER_CACHE = scratch()
    const failing = store(derivedFile('unpacked', 'a'), async part => {
      writeFileSync(part, 'half')
      throw new Error('no more')
    })
    await expect(failing).rejects.toThrow('no more')
    expect(cached()).toBe(0)
  })
})
