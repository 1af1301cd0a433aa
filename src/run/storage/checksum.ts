/** Tensors in a file that names its own checksum: a bit that has flipped anywhere in it is noticed. */
import { createHash } from 'node:crypto'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { decodeTensors, encodeTensors, type Metadata, type TensorsError } from '../../io/safetensors.js'
import type { Weights } from '../../net/weights.js'

/** A file that is no longer what was written. */
export interface Damaged {
  readonly _tag: 'Damaged'
  /** SHA-256 as hexadecimal digits: as the file says, and of what is in it. */
  readonly expected: string
  readonly got: string
}

/** Stands for the checksum while it is taken. */
const blank = '0'.repeat(64)

const checksumOf = (bytes: Uint8Array, at: number): string =>
  createHash('sha256')
    .update(bytes.subarray(0, at))
    .update(blank)
    .update(bytes.subarray(at + blank.length))
    .digest('hex')

const offsetOf = (bytes: Uint8Array, text: string): number =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).indexOf(text)

/** Law  `unseal` gives back the same tensors and metadata, and nothing from any other bytes of that length */
export const seal = (tensors: Weights, { checksum: _, ...metadata }: Metadata): Uint8Array => {
  const bytes = encodeTensors(tensors, { checksum: blank, ...metadata }) // first, so that nothing before it looks alike
  const at = offsetOf(bytes, blank)
  bytes.set(new TextEncoder().encode(checksumOf(bytes, at)), at)
  return bytes
}

/** Errors  those of `decodeTensors`; Damaged */
export const unseal = (
  bytes: Uint8Array,
): E.Either<TensorsError | Damaged, { readonly tensors: Weights; readonly metadata: Metadata }> =>
  pipe(
    decodeTensors(bytes),
    E.flatMap(
      ({ tensors, metadata: { checksum: expected = '', ...metadata } }): ReturnType<typeof unseal> => {
        const got = checksumOf(bytes, offsetOf(bytes, expected))
        return got === expected ? E.right({ tensors, metadata }) : E.left({ _tag: 'Damaged', expected, got })
      },
    ),
  )
