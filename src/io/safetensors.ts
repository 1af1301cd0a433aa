/**
 * The safetensors format: an 8-byte length, a JSON header of names, shapes and offsets, then the bytes.
 * Source  github.com/huggingface/safetensors, format specification
 */

import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { type DecodeError, decode, naturalNumber } from './codec.js'
import { sumBy } from './count.js'
import { elementAt } from './element.js'
import { findNonFinite, sizeOf, type Tensor, type Tensors } from './tensor.js'

/** Texts by name, in the header of a file. */
export type Metadata = Readonly<Record<string, string>>

/** Why bytes are not decoded. */
export type TensorsError =
  | DecodeError
  /** The bytes end before what the header promises; offsets in bytes. */
  | { readonly _tag: 'Truncated'; readonly at: number; readonly expected: number; readonly got: number }
  | { readonly _tag: 'NotFiniteWeight'; readonly key: string; readonly index: number; readonly got: number }

/** Values begin at a multiple of this offset, so that a reader may map the file. */
const alignment = 8
const space = 32

const headerOf = (tensors: Tensors, metadata: Metadata): Uint8Array => {
  let offset = 0
  const entries = Object.entries(tensors).map(([key, { shape, data }]) => {
    const from = offset
    offset += data.byteLength
    return [key, { dtype: 'F32', shape, data_offsets: [from, offset] }] as const
  })
  const text = new TextEncoder().encode(
    JSON.stringify({ __metadata__: metadata, ...Object.fromEntries(entries) }),
  )
  const header = new Uint8Array(Math.ceil(text.length / alignment) * alignment).fill(space)
  header.set(text)
  return header
}

/** Law  `decodeTensors` gives back the same tensors, bit for bit, and the same metadata */
export const encodeTensors = (tensors: Tensors, metadata: Metadata = {}): Uint8Array => {
  const header = headerOf(tensors, metadata)
  const size = sumBy(Object.values(tensors), ({ data }) => data.byteLength)
  const bytes = new Uint8Array(8 + header.byteLength + size)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.byteLength), true)
  bytes.set(header, 8)
  let offset = 8 + header.byteLength
  for (const { data } of Object.values(tensors)) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset)
    offset += data.byteLength
  }
  return bytes
}

const entryCodec = t.type({
  dtype: t.literal('F32'),
  shape: t.readonlyArray(naturalNumber),
  data_offsets: t.tuple([naturalNumber, naturalNumber]),
})

type Entry = t.TypeOf<typeof entryCodec>

const metadataCodec = t.record(t.string, t.string)

const checkLength = (bytes: Uint8Array, at: number, expected: number): E.Either<TensorsError, number> =>
  at + expected <= bytes.byteLength
    ? E.right(at)
    : E.left({ _tag: 'Truncated', at, expected, got: bytes.byteLength - at })

const decodeHeader = (
  bytes: Uint8Array,
): E.Either<TensorsError, { readonly body: number; readonly header: unknown }> =>
  pipe(
    checkLength(bytes, 0, 8),
    E.map(() => Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true))),
    E.tap(length => checkLength(bytes, 8, length)),
    E.flatMap(length =>
      E.tryCatch(
        () => ({
          body: 8 + length,
          header: JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))),
        }),
        (): TensorsError => ({ _tag: 'DecodeError', at: 'header', expected: 'JSON', got: 'other bytes' }),
      ),
    ),
  )

const decodeTensor =
  (bytes: Uint8Array, body: number) =>
  (key: string, { shape, data_offsets: [from, to] }: Entry): E.Either<TensorsError, Tensor> => {
    if (to - from !== 4 * sizeOf(shape))
      return E.left({
        _tag: 'DecodeError',
        at: key,
        expected: `${4 * sizeOf(shape)} bytes for [${shape}]`,
        got: `${to - from}`,
      })
    return pipe(
      checkLength(bytes, body + from, to - from),
      E.map(at => ({
        shape,
        data: new Float32Array(new Uint8Array(bytes.subarray(at, at + to - from)).buffer),
      })),
    )
  }

/** Decodes the value of a key of the header. */
const decodeKey =
  <A>(key: string, codec: t.Type<A, unknown>) =>
  (value: unknown): E.Either<TensorsError, A> =>
    pipe(
      decode(codec)(value),
      E.mapLeft(fault => ({ ...fault, at: fault.at === '' ? key : `${key}.${fault.at}` })),
    )

const checkFinite =
  (key: string) =>
  (tensor: Tensor): E.Either<TensorsError, Tensor> => {
    const index = findNonFinite(tensor.data)
    return index < 0
      ? E.right(tensor)
      : E.left({ _tag: 'NotFiniteWeight', key, index, got: elementAt(tensor.data, index) })
  }

/** Whether no two arrays overlap, else the first that overlaps the one before. */
const checkDisjoint = (entries: readonly (readonly [string, Entry])[]): E.Either<TensorsError, void> => {
  const ordered = entries.toSorted(
    ([, { data_offsets: a }], [, { data_offsets: b }]) => a[0] - b[0] || a[1] - b[1],
  )
  const nth = ordered.findIndex(
    ([, { data_offsets }], each) => data_offsets[0] < (ordered[each - 1]?.[1].data_offsets[1] ?? 0),
  )
  const [key = '', before = ''] = [ordered[nth]?.[0], ordered[nth - 1]?.[0]]
  return nth < 0
    ? E.right(undefined)
    : E.left({ _tag: 'DecodeError', at: key, expected: 'bytes of its own', got: `on the bytes of ${before}` })
}

const decodeEntries = (
  header: Readonly<Record<string, unknown>>,
): E.Either<TensorsError, readonly (readonly [string, Entry])[]> =>
  pipe(
    Object.entries(header),
    E.traverseArray(([key, entry]) =>
      pipe(
        decodeKey(key, entryCodec)(entry),
        E.map(found => [key, found] as const),
      ),
    ),
    E.tap(checkDisjoint),
  )

/**
 * Reads a file's bytes; nothing is allocated before its sizes are checked, and no more than the file holds.
 *
 * Errors  Truncated, DecodeError with the key, NotFiniteWeight
 */
export const decodeTensors = (
  bytes: Uint8Array,
): E.Either<TensorsError, { readonly tensors: Tensors; readonly metadata: Metadata }> =>
  pipe(
    decodeHeader(bytes),
    E.flatMap(({ body, header }) =>
      pipe(
        decode(t.UnknownRecord)(header),
        E.flatMap(({ __metadata__: metadata = {}, ...entries }) =>
          pipe(
            E.Do,
            E.bind('metadata', () => decodeKey('__metadata__', metadataCodec)(metadata)),
            E.bind('entries', () => decodeEntries(entries)),
            E.bind('tensors', ({ entries: found }) =>
              pipe(
                found,
                E.traverseArray(([key, entry]) =>
                  pipe(
                    decodeTensor(bytes, body)(key, entry),
                    E.flatMap(checkFinite(key)),
                    E.map(tensor => [key, tensor] as const),
                  ),
                ),
                E.map(tensors => Object.fromEntries(tensors)),
              ),
            ),
            E.map(({ metadata: kept, tensors }) => ({ metadata: kept, tensors })),
          ),
        ),
      ),
    ),
  )
