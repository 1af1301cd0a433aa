import { buffer } from 'node:stream/consumers'
import * as fc from 'fast-check'
import { pack as packer } from 'tar-stream'
import { describe, expect, test } from 'vitest'
import { Fault } from '../../../src/data/error.js'
import { streamReader } from '../../../src/data/formats/byte-reader.js'
import { entriesOf, type Found } from '../../../src/data/formats/tar.js'

interface Item {
  readonly name: string
  readonly content: Uint8Array
}

const pack = async (items: readonly Item[], more: object = {}): Promise<Buffer> => {
  const archive = packer()
  for (const { name, content } of items) archive.entry({ name, ...more }, Buffer.from(content))
  archive.finalize()
  return buffer(archive)
}

/** Bytes in pieces of this size. */
async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

const most = 10_000

const read = async (
  archive: Buffer,
  size = 1000,
): Promise<readonly (Found & { readonly body?: Buffer })[]> => {
  const found: (Found & { readonly body?: Buffer })[] = []
  for await (const item of entriesOf('some.tar', streamReader('some.tar', pieces(archive, size)), most))
    found.push(item._tag === 'entry' && found.length % 3 < 2 ? { ...item, body: await item.content() } : item)
  return found
}

const fatal = (archive: Buffer) =>
  read(archive).then(
    () => null,
    reason => (reason instanceof Fault ? reason.fact : reason),
  )

const someName = fc
  .array(fc.stringMatching(/^[a-zäß0-9_ -]{1,40}$/), { minLength: 1, maxLength: 9, size: 'max' })
  .map(parts => parts.join('/'))

const someItems = fc.array(
  fc.record({ name: someName, content: fc.uint8Array({ maxLength: 1500, size: 'max' }) }),
  {
    maxLength: 6,
  },
)

/** A header as it must be, whatever is in it. */
const signed = (header: Buffer): Buffer => {
  header.fill(' ', 148, 156)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return header
}

const changed = async (name: string, change: (header: Buffer) => void): Promise<Buffer> => {
  const archive = await pack([
    { name, content: Buffer.from('inside') },
    { name: 'behind', content: Buffer.from('it') },
  ])
  change(archive.subarray(0, 512))
  signed(archive.subarray(0, 512))
  return archive
}

describe('entriesOf', () => {
  test('finds the entries of tar-stream at their offsets, for any chunks', async () => {
    await fc.assert(
      fc.asyncProperty(someItems, fc.integer({ min: 1, max: 2000 }), async (items, size) => {
        const archive = await pack(items)
        const found = await read(archive, size)
        expect(found.map(item => item._tag === 'entry' && item.entry.name)).toEqual(
          items.map(({ name }) => name),
        )
        found.forEach((item, nth) => {
          if (item._tag !== 'entry') return
          const { start, size } = item.entry
          const content = Buffer.from(items[nth]?.content ?? [])
          expect(archive.subarray(start, start + size)).toEqual(content)
          if (item.body !== undefined) expect(item.body).toEqual(content)
        })
      }),
      { numRuns: 60 },
    )
  })

  test('a truncated archive is refused with the offset', async () => {
    const archive = await pack([{ name: 'a/b.jpg', content: new Uint8Array(700) }])
    for (const length of [1, 511, 512 + 1, 512 + 699, 512 + 700, 1535]) {
      const fact = await fatal(archive.subarray(0, length))
      expect(fact).toMatchObject({ _tag: 'Truncated', file: 'some.tar', offset: length })
      expect(fact.entry).toBe(length < 512 ? null : 'a/b.jpg')
      expect(fact.expected, `${length}`).toBe(length < 512 ? 512 : length < 512 + 700 ? 512 + 700 : 1536)
    }
  })

  test('unsafe entries are refused, and the next is read', async () => {
    const cases: readonly [name: string, kind: string, fact: object][] = [
      ['../outside.jpg', '0', { _tag: 'UnsafeEntry', kind: 'leaves its folder' }],
      ['a/../../outside.jpg', '0', { _tag: 'UnsafeEntry', kind: 'leaves its folder' }],
      ['/etc/passwd', '0', { _tag: 'UnsafeEntry', kind: 'leaves its folder' }],
      ['C:\\windows.jpg', '0', { _tag: 'UnsafeEntry', kind: 'leaves its folder' }],
      ['..\\outside.jpg', '0', { _tag: 'UnsafeEntry', kind: 'leaves its folder' }],
      ['a/link.jpg', '2', { _tag: 'UnsafeEntry', kind: 'link' }],
      ['a/hard.jpg', '1', { _tag: 'UnsafeEntry', kind: 'link' }],
      ['a/device.jpg', '3', { _tag: 'UnsafeEntry', kind: 'device' }],
    ]
    for (const [name, kind, fact] of cases) {
      const archive = await changed(name, header => {
        header.write(kind, 156)
        if (kind !== '0') header.write('00000000000\0', 124)
      })
      const behind =
        kind === '0' ? archive : Buffer.concat([archive.subarray(0, 512), archive.subarray(1024)])
      const [first, second] = await read(behind)
      expect(first).toMatchObject({ _tag: 'refused', fact: { ...fact, entry: name, offset: 0 } })
      expect(second).toMatchObject({ _tag: 'entry', entry: { name: 'behind' } })
    }
  })

  test('an excessive size is refused before memory is allocated', async () => {
    const before = process.memoryUsage().arrayBuffers
    const octal = await changed('a.jpg', header => header.write('77777777777\0', 124))
    const binary = await changed('a.jpg', header =>
      Buffer.from('800000000000ffffffffffff', 'hex').copy(header, 124),
    )
    for (const archive of [octal, binary]) {
      const found: Found[] = []
      const fact = await (async () => {
        for await (const item of entriesOf('x', streamReader('x', pieces(archive, 512)), most))
          found.push(item)
      })().catch(reason => (reason instanceof Fault ? reason.fact : reason))
      expect(found).toMatchObject([
        { _tag: 'refused', fact: { _tag: 'BadValue', what: 'size', entry: 'a.jpg', offset: 0 } },
      ])
      expect(fact).toMatchObject({ _tag: 'Truncated', entry: 'a.jpg' })
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 22)
  })

  test('an excessive extended header is refused', async () => {
    const archive = await changed('x', header => {
      header.write('x', 156)
      header.write('77777777777\0', 124)
    })
    expect(await fatal(archive)).toMatchObject({ _tag: 'BadValue', what: 'size of an extended header' })
  })

  test('a file that is no archive is refused', async () => {
    expect(await fatal(Buffer.alloc(2000, 'this is not a tar archive '))).toMatchObject({
      _tag: 'BadValue',
      what: 'content',
      offset: 0,
    })
    const archive = await pack([{ name: 'a.jpg', content: Buffer.from('inside') }])
    archive[0] = 'b'.charCodeAt(0)
    expect(await fatal(archive)).toMatchObject({ _tag: 'BadValue', what: 'header', offset: 0 })
    expect(await read(Buffer.alloc(1024))).toEqual([])
    expect(await read(Buffer.alloc(0))).toEqual([])
  })
})
