/** JSON in bytes, as a value or a fact. */
import * as E from 'fp-ts/lib/Either.js'
import type { DecodeError } from './codec.js'

/** Errors  DecodeError at `at` */
export const parseJson =
  (at: string) =>
  (bytes: Uint8Array = new Uint8Array()): E.Either<DecodeError, unknown> =>
    E.tryCatch(
      () => JSON.parse(new TextDecoder().decode(bytes)) as unknown, // JSON.parse gives any
      () => ({ _tag: 'DecodeError', at, expected: 'JSON', got: 'other text' }),
    )
