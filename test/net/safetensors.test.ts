import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeTensors, encodeTensors, type Metadata } from '../../src/io/safetensors.js'
import { sizeOf } from '../../src/net/shape.js'
import type { Tensor, Weights } from '../../src/net/weights.js'
import { arbitraryModel } from '../support/nets/arbitrary.js'
import { left, right } from '../support/nets/surgery.js'
import { hasModule, runPython } from '../support/programs/python.js'
import { scratch } from '../support/scratch.js'

const bits = ({ data }: Tensor): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)

const bitsOf = (tensors: Weights) =>
  Object.entries(tensors).map(([key, tensor]) => [key, tensor.shape, [...bits(tensor)]])

/** Any finite float32, subnormals and −0 among them, in arrays that do not begin their buffer. */
const tensor: fc.Arbitrary<Tensor> = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }).chain(shape =>
  fc
    .array(fc.float({ noNaN: true, noDefaultInfinity: true }), {
      minLength: sizeOf(shape),
      maxLength: sizeOf(shape),
    })
    .map(values => ({ shape, data: Float32Array.from([0, ...values]).subarray(1) })),
)

const name = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('a/kernel', '__proto__', 'constructor', 'größe'),
)

const tensors: fc.Arbitrary<Weights> = fc.dictionary(
  name.filter(key => key !== '__metadata__'),
  tensor,
  { maxKeys: 6 },
)

const metadata: fc.Arbitrary<Metadata> = fc.dictionary(name, fc.string({ unit: 'grapheme' }), { maxKeys: 3 })

const little: Weights = {
  'stem/kernel': { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
  'stem/bias': { shape: [2], data: Float32Array.of(-0, 1e-42) },
}

/** A file with this header before these bytes. */
const fileOf = (header: unknown, body = new Uint8Array(), length?: bigint): Uint8Array => {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header))
  const bytes = new Uint8Array(8 + text.length + body.length)
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(text.length), true)
  bytes.set(text, 8)
  bytes.set(body, 8 + text.length)
  return bytes
}

const entry = (shape: readonly number[], from: number, to: number, dtype = 'F32') => ({
  dtype,
  shape,
  data_offsets: [from, to],
})

describe('what was encoded', () => {
  test('is decoded bit for bit, whatever its name', () => {
    fc.assert(
      fc.property(tensors, metadata, (given, notes) => {
        const read = right(decodeTensors(encodeTensors(given, notes)))
        expect(bitsOf(read.tensors)).toEqual(bitsOf(given))
        expect(read.metadata).toEqual(notes)
      }),
    )
  })

  test('is decoded from the middle of other bytes too', () => {
    fc.assert(
      fc.property(arbitraryModel(), fc.integer({ min: 1, max: 9 }), ({ weights }, offset) => {
        const bytes = encodeTensors(weights)
        const around = new Uint8Array(offset + bytes.length)
        around.set(bytes, offset)
        expect(bitsOf(right(decodeTensors(around.subarray(offset))).tensors)).toEqual(bitsOf(weights))
      }),
      { numRuns: 10 },
    )
  })

  test('begins its numbers at a multiple of eight bytes, as readers that map files want it', () => {
    fc.assert(
      fc.property(tensors, metadata, (given, notes) => {
        const bytes = encodeTensors(given, notes)
        expect(Number(new DataView(bytes.buffer).getBigUint64(0, true)) % 8).toBe(0)
      }),
    )
  })

  const reads = hasModule('safetensors')
  if (!reads) console.warn('skipped: ESPALIER_PYTHON names no Python with safetensors')

  test.runIf(reads)('is what Python reads', () => {
    const folder = scratch()
    writeFileSync(join(folder, 'a.safetensors'), encodeTensors(little, { net: '{"a": "ü"}' }))
    const script = `
import sys, json
from safetensors import safe_open
with safe_open(sys.argv[1], 'np') as f:
    print(json.dumps([f.metadata(), {k: [list(f.get_tensor(k).shape), f.get_tensor(k).tobytes().hex()] for k in f.keys()}]))`
    const read: unknown = JSON.parse(runPython(script, join(folder, 'a.safetensors')))
    const expected = Object.entries(little).map(
      ([key, each]) => [key, [each.shape, Buffer.from(bits(each)).toString('hex')]] as const,
    )
    expect(read).toEqual([{ net: '{"a": "ü"}' }, Object.fromEntries(expected)])
  })
})

describe('what is refused', () => {
  test('a file cut short anywhere', () => {
    const bytes = encodeTensors(little)
    for (let length = 0; length < bytes.length; length++)
      expect(left(decodeTensors(bytes.subarray(0, length)))).toMatchObject({ _tag: 'Truncated' })
  })

  test('a header of absurd length, before anything is read', () => {
    for (const length of [2n ** 63n, 2n ** 53n, 2n ** 40n, 1_000_000n])
      expect(left(decodeTensors(fileOf('{}', new Uint8Array(8), length)))).toEqual({
        _tag: 'Truncated',
        at: 8,
        expected: Number(length),
        got: 10,
      })
  })

  test('a tensor of absurd size, before anything is allocated', () => {
    const absurd = [2 ** 20, 2 ** 20]
    expect(left(decodeTensors(fileOf({ a: entry(absurd, 0, 2 ** 42) }, new Uint8Array(4))))).toMatchObject({
      _tag: 'Truncated',
      expected: 2 ** 42,
      got: 4,
    })
  })

  test('sizes and offsets that contradict each other', () => {
    for (const [shape, from, to] of [
      [[2], 0, 4],
      [[1], 4, 0],
      [[0], 0, 4],
      [[2 ** 50, 0], 0, 8],
    ] as const)
      expect(left(decodeTensors(fileOf({ a: entry(shape, from, to) }, new Uint8Array(16))))).toMatchObject({
        _tag: 'DecodeError',
        at: 'a',
      })
  })

  test.each([
    ['another type', { a: entry([1], 0, 2, 'F16') }, 'a.dtype'],
    ['a size that is none', { a: entry([1.5], 0, 6) }, 'a.shape.0'],
    ['a negative offset', { a: entry([1], -4, 0) }, 'a.data_offsets.0'],
    ['no shape', { a: { dtype: 'F32', data_offsets: [0, 4] } }, 'a.shape'],
    ['metadata that is no text', { __metadata__: { epoch: 3 } }, '__metadata__.epoch'],
    ['a list', [], ''],
    ['what is no JSON', '{"a": ', 'header'],
    ['what is no text', '\ud800', 'header'],
  ])('%s, named by its place', (_, header, at) => {
    expect(left(decodeTensors(fileOf(header, new Uint8Array(16))))).toMatchObject({ _tag: 'DecodeError', at })
  })

  test('a number that is none, by its key and place', () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const data = Float32Array.of(1, 2, 3, value, 5, 6)
      expect(left(decodeTensors(encodeTensors({ ...little, 'head/kernel': { shape: [6], data } })))).toEqual({
        _tag: 'NotFiniteWeight',
        key: 'head/kernel',
        index: 3,
        got: value,
      })
    }
  })

  test('or read: any bytes give an answer, none throws', () => {
    const bytes = encodeTensors(little)
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, by) => {
        const read = decodeTensors(bytes.with(at, by))
        expect(['Left', 'Right']).toContain(read._tag)
      }),
      { numRuns: 500 },
    )
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), any => {
        expect(['Left', 'Right']).toContain(decodeTensors(any)._tag)
      }),
    )
  })

  test('with arrays on the bytes of others, however many: the file would grow in memory', () => {
    const body = new Uint8Array(4 * 300)
    const ranges = fc
      .uniqueArray(fc.integer({ min: 0, max: 300 }), { minLength: 2, maxLength: 12 })
      .chain(ends =>
        fc.record({ ends: fc.constant(ends.toSorted((a, b) => a - b)), early: fc.boolean(), at: fc.nat() }),
      )
    fc.assert(
      fc.property(ranges, ({ ends, early, at }) => {
        const arrays = ends.slice(1).map((end, nth) => {
          const from = (ends[nth] ?? 0) - (early && nth > 0 && nth === 1 + (at % ends.length) ? 1 : 0)
          return [`k${nth}`, entry([end - from], 4 * from, 4 * end)] as const
        })
        const moved = early && 1 + (at % ends.length) < arrays.length
        const read = decodeTensors(fileOf(Object.fromEntries(arrays.toReversed()), body))
        expect(read._tag).toBe(moved ? 'Left' : 'Right')
        if (moved) expect(left(read)).toMatchObject({ expected: 'bytes of its own' })
      }),
    )
    const same = Object.fromEntries(
      Array.from({ length: 9000 }, (_, nth) => [`k${nth}`, entry([300], 0, 1200)]),
    )
    expect(left(decodeTensors(fileOf(same, body)))).toMatchObject({
      _tag: 'DecodeError',
      at: 'k1',
      got: 'on the bytes of k0',
    })
  })
})
