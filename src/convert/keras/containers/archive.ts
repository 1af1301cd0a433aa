/** Zip archives in memory: the entries that are asked for, unpacked once their sizes are checked. */

import { type UnzipFileInfo, unzipSync } from 'fflate'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { DecodeError } from '../../../io/codec.js'
import { messageOf } from '../../../io/exception.js'
import { mostUnpacked, mostUnpackedRatio } from '../../../io/limits.js'

export type Entries = Readonly<Record<string, Uint8Array>>

const unreadable = (reason: unknown): DecodeError => ({
  _tag: 'DecodeError',
  at: '',
  expected: 'a whole zip archive, as model.save writes it',
  got: messageOf(reason),
})

const listEntries = (bytes: Uint8Array): E.Either<DecodeError, readonly UnzipFileInfo[]> =>
  E.tryCatch(() => {
    const found: UnzipFileInfo[] = []
    unzipSync(bytes, { filter: info => found.push(info) === 0 })
    return found
  }, unreadable)

const checkEntry =
  (infos: readonly UnzipFileInfo[]) =>
  (name: string): E.Either<DecodeError, void> => {
    const info = infos.find(each => each.name === name)
    if (info === undefined)
      return E.left({
        _tag: 'DecodeError',
        at: '',
        expected: `an archive that holds ${name}`,
        got:
          infos.length === 0
            ? 'nothing'
            : infos
                .slice(0, 4)
                .map(each => each.name)
                .join(', '),
      })
    return info.originalSize <= mostUnpacked(info.size)
      ? E.right(undefined)
      : E.left({
          _tag: 'DecodeError',
          at: name,
          expected: `at most ${mostUnpackedRatio} times its packed bytes`,
          got: `${info.originalSize.toLocaleString('en')} bytes from ${info.size.toLocaleString('en')}`,
        })
  }

/**
 * The entries of these names; nothing is unpacked before all their sizes are checked.
 *
 * Errors  DecodeError where the bytes are no whole archive, an entry is missing, or claims too many bytes
 */
export const unpackEntries =
  (names: readonly string[]) =>
  (bytes: Uint8Array): E.Either<DecodeError, Entries> =>
    pipe(
      listEntries(bytes),
      E.flatMap(infos => E.traverseArray(checkEntry(infos))(names)),
      E.flatMap(() =>
        E.tryCatch(() => unzipSync(bytes, { filter: ({ name }) => names.includes(name) }), unreadable),
      ),
    )
