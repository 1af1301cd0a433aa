/** Reads the tensors that lie outside an ONNX file, in files of its folder. */

import { open, stat } from 'node:fs/promises'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { sumBy } from '../../../../io/count.js'
import { fileFailed } from '../../../../io/files.js'
import { mostWeights } from '../../../../net/limits/limits.js'
import type { ImportError } from '../../../error.js'
import { fileIn } from '../../../file-in-folder.js'
import type { TensorProto } from './proto.js'
import { type ExternalBytes, type ExternalPlace, externalPlaceOf } from './tensor.js'

const differs = (name: string, at: string, expected: string, got: string): ImportError => ({
  _tag: 'TensorDiffers',
  name,
  fault: { _tag: 'DecodeError', at, expected, got },
})

/** Bytes of all external tensors together, which are held in memory. */
const mostBytes = 4 * mostWeights

const placesOf = (tensors: readonly TensorProto[]): TE.TaskEither<ImportError, readonly ExternalPlace[]> =>
  pipe(
    tensors,
    TE.traverseSeqArray(tensor => TE.fromEither(externalPlaceOf(tensor))),
    TE.map(places => places.filter(place => place !== null)),
    TE.filterOrElse(
      places => sumBy(places, ({ length }) => length) <= mostBytes,
      (): ImportError =>
        differs('', 'external_data', `at most ${mostBytes.toLocaleString('en')} bytes`, 'more'),
    ),
  )

/** Checks that every place lies in its file, before the first is read. */
const checkPlaces =
  (file: string, places: readonly ExternalPlace[]) =>
  (size: number): TE.TaskEither<ImportError, string> => {
    const wrong = places.find(({ from, length }) => from + length > size)
    return wrong === undefined
      ? TE.right(file)
      : TE.left(
          differs(
            wrong.name,
            'external_data',
            `bytes ${wrong.from} to ${wrong.from + wrong.length}`,
            `a file of ${size}`,
          ),
        )
  }

const readPlaces = async (
  file: string,
  places: readonly ExternalPlace[],
): Promise<readonly (readonly [string, Uint8Array])[]> => {
  const handle = await open(file, 'r')
  try {
    const read: (readonly [string, Uint8Array])[] = []
    for (const { name, from, length } of places) {
      const bytes = new Uint8Array(length)
      await handle.read(bytes, 0, length, from)
      read.push([name, bytes])
    }
    return read
  } finally {
    await handle.close()
  }
}

const byLocation = (
  places: readonly ExternalPlace[],
): readonly (readonly [string, readonly ExternalPlace[]])[] => {
  const groups = new Map<string, ExternalPlace[]>()
  for (const place of places) {
    const group = groups.get(place.location)
    if (group === undefined) groups.set(place.location, [place])
    else group.push(place)
  }
  return [...groups]
}

/**
 * The bytes of every tensor that lies in another file of the folder.
 *
 * Errors  TensorDiffers, PathLeaves, FileMissing, FileFailed; all places are checked before the first file is read
 */
export const readExternal =
  (folder: string) =>
  (tensors: readonly TensorProto[]): TE.TaskEither<ImportError, ExternalBytes> =>
    pipe(
      placesOf(tensors),
      TE.map(byLocation),
      TE.flatMap(
        TE.traverseSeqArray(([location, places]) =>
          pipe(
            fileIn(folder)(location),
            TE.tap(file =>
              pipe(
                TE.tryCatch(async () => (await stat(file)).size, fileFailed(file)),
                TE.flatMap(checkPlaces(file, places)),
              ),
            ),
            TE.map(file => ({ file, places })),
          ),
        ),
      ),
      TE.flatMap(
        TE.traverseSeqArray(({ file, places }) =>
          TE.tryCatch(() => readPlaces(file, places), fileFailed(file)),
        ),
      ),
      TE.map(read => new Map(read.flat())),
    )
