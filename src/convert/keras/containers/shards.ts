/** The weight files of a LayersModel: their sizes are checked before the first is read, and arrays are read one by one. */

import { open, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { sumBy } from '../../../io/count.js'
import { fileFailed } from '../../../io/files.js'
import type { ImportError } from '../../error.js'
import { fileIn } from '../../file-in-folder.js'

interface Shard {
  readonly file: string
  readonly bytes: number
}

/** Files whose bytes follow one another. */
export type Shards = readonly Shard[]

const shardIn =
  (folder: string) =>
  (path: string): TE.TaskEither<ImportError, Shard> =>
    pipe(
      fileIn(folder)(path),
      TE.flatMap(file =>
        TE.tryCatch(async () => ({ file, bytes: (await stat(file)).size }), fileFailed(file)),
      ),
    )

/**
 * The files of these paths, which must hold so many bytes together.
 *
 * Errors  PathLeaves, WrongBytes, FileMissing, FileFailed
 */
export const shardsIn =
  (folder: string) =>
  (paths: readonly string[], expected: number): TE.TaskEither<ImportError, Shards> =>
    pipe(
      paths,
      TE.traverseSeqArray(shardIn(folder)),
      TE.flatMap(shards => {
        const got = sumBy(shards, ({ bytes }) => bytes)
        const files = paths.map(path => join(folder, path))
        return got === expected
          ? TE.right(shards)
          : TE.left<ImportError>({ _tag: 'WrongBytes', files, expected, got })
      }),
    )

/** Bytes of one file, and where they belong among those asked for. */
interface Piece {
  readonly file: string
  readonly at: number
  readonly from: number
  readonly length: number
}

const piecesOf = (shards: Shards, from: number, length: number): readonly Piece[] => {
  let begin = 0
  return shards.flatMap(({ file, bytes }) => {
    const [first, end] = [Math.max(from, begin), Math.min(from + length, begin + bytes)]
    const piece = { file, at: first - from, from: first - begin, length: end - first }
    begin += bytes
    return end > first ? [piece] : []
  })
}

const readPiece = async (into: Uint8Array, { file, at, from, length }: Piece): Promise<void> => {
  const handle = await open(file)
  try {
    await handle.read(into, at, length, from)
  } finally {
    await handle.close()
  }
}

/** Bytes of files that follow one another. */
export const readRange = (
  shards: Shards,
  from: number,
  length: number,
): TE.TaskEither<ImportError, Uint8Array> =>
  TE.tryCatch(
    async () => {
      const bytes = new Uint8Array(length)
      for (const piece of piecesOf(shards, from, length)) await readPiece(bytes, piece)
      return bytes
    },
    fileFailed(shards[0]?.file ?? ''),
  )
