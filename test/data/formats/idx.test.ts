import { truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readIdx } from '../../../src/data/formats/idx.js'
import { randomBelow, stream } from '../../../src/net/random.js'
import { renderMessage } from '../../../src/report/text/render-message.js'
import { failure, scratch, succeed } from '../../support/scratch.js'

const header = (magic: number, sizes: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(4 + 4 * sizes.length)
  bytes.writeUInt32BE(magic, 0)
  for (const [axis, size] of sizes.entries()) bytes.writeUInt32BE(size, 4 + 4 * axis)
  return bytes
}

const idx = (sizes: readonly number[], values: Uint8Array): Buffer =>
  Buffer.concat([header(0x0800 + sizes.length, sizes), values])

const noise = (count: number): Uint8Array => {
  const draw = stream(0, 'noise')
  return Uint8Array.from({ length: count }, () => randomBelow(draw, 256))
}

const file = (content: Uint8Array): string => join(scratch({ 'some.idx': content }), 'some.idx')

const someIdx = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 3 }).chain(sizes =>
  fc.record({
    sizes: fc.constant(sizes),
    values: fc.uint8Array({
      minLength: sizes.reduce((a, b) => a * b, 1),
      maxLength: sizes.reduce((a, b) => a * b, 1),
    }),
    packed: fc.boolean(),
  }),
)

describe('readIdx', () => {
  test('reads gzipped and plain files with the same checksum', async () => {
    await fc.assert(
      fc.asyncProperty(someIdx, async ({ sizes, values, packed }) => {
        const plain = idx(sizes, values)
        const read = await succeed(readIdx(sizes.length)(file(packed ? gzipSync(plain) : plain)))
        const again = await succeed(readIdx(sizes.length)(file(plain)))
        expect([...read.values]).toEqual([...values])
        expect(read.sizes).toEqual(sizes)
        expect(read.sum).toBe(again.sum)
      }),
      { numRuns: 40 },
    )
  })

  test('a truncated file is refused with the offset of its end', async () => {
    const content = idx([3, 2, 2], new Uint8Array(12).fill(7))
    for (let length = 0; length < content.length; length++) {
      const fact = await failure(readIdx(3)(file(content.subarray(0, length))))
      if (length < 16) expect(['Truncated', 'BadValue']).toContain(fact._tag)
      else if (fact._tag === 'Truncated')
        expect(fact).toMatchObject({ offset: length, expected: content.length })
      else expect(fact).toMatchObject({ _tag: 'BadValue', what: 'sizes', offset: 4 }) // the file cannot hold them
    }
  })

  test('the line on a truncated file says how many bytes are missing', async () => {
    const content = idx([100], new Uint8Array(100))
    for (const missing of [1, 16, 99]) {
      const path = file(gzipSync(content.subarray(0, content.length - missing)))
      const end = content.length - missing
      expect(renderMessage(await failure(readIdx(1)(path)))).toBe(
        `${path}, byte ${end}: expected ${missing} more byte${missing === 1 ? '' : 's'}, got the end of the file; try another copy`,
      )
    }
  })

  test('a truncated gzip file is refused with the offset of the packed bytes', async () => {
    const packed = gzipSync(idx([100, 28, 28], noise(78_400)))
    const path = file(packed)
    truncateSync(path, packed.length - 100)
    expect(await failure(readIdx(3)(path))).toMatchObject({
      _tag: 'BadStream',
      file: path,
      offset: packed.length - 100,
    })
  })

  test('a corrupt gzip file is named with the offset', async () => {
    const packed = gzipSync(idx([100, 28, 28], noise(78_400)))
    packed.fill(0xff, 5000, 5100)
    const fact = await failure(readIdx(3)(file(packed)))
    expect(fact._tag).toBe('BadStream')
    expect('offset' in fact && fact.offset).toBeGreaterThanOrEqual(5000)
  })

  test('a wrong magic number is named', async () => {
    const wrong = Buffer.concat([header(0x0d03, [1, 1, 1]), new Uint8Array(4)])
    expect(await failure(readIdx(3)(file(wrong)))).toMatchObject({
      _tag: 'BadValue',
      what: 'magic number',
      got: '0x00000d03',
      expected: '0x00000803',
      offset: 0,
    })
    expect(await failure(readIdx(1)(file(idx([1, 1, 1], new Uint8Array(1)))))).toMatchObject({
      _tag: 'BadValue',
    })
  })

  test('sizes above the file’s length are refused before memory is allocated', async () => {
    const absurd = header(0x0803, [0xffff_ffff, 0xffff, 0xffff])
    const before = process.memoryUsage().arrayBuffers
    for (const content of [absurd, gzipSync(absurd), gzipSync(header(0x0803, [60_000, 28, 28]))])
      expect(await failure(readIdx(3)(file(content)))).toMatchObject({
        _tag: 'BadValue',
        what: 'sizes',
        offset: 4,
      })
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 22)
    expect(await failure(readIdx(3)(file(header(0x0803, [0, 28, 28]))))).toMatchObject({ what: 'sizes' })
  })

  test('bytes after the end are named', async () => {
    const content = Buffer.concat([idx([2, 2], new Uint8Array(4)), Buffer.alloc(3)])
    expect(await failure(readIdx(2)(file(content)))).toMatchObject({
      _tag: 'BadValue',
      what: 'content',
      offset: 16,
    })
  })

  test('a missing file or a folder is a failed read', async () => {
    const folder = scratch()
    expect(await failure(readIdx(1)(join(folder, 'none')))).toMatchObject({ _tag: 'ReadFailed' })
    expect(await failure(readIdx(1)(folder))).toMatchObject({ _tag: 'ReadFailed', file: folder })
    writeFileSync(join(folder, 'empty'), '')
    expect(await failure(readIdx(1)(join(folder, 'empty')))).toMatchObject({ _tag: 'Truncated', offset: 0 })
  })
})
