/** A `.keras` file: a zip archive of the topology, the version, and the weights as HDF5. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import { type DecodeError, decode } from '../../../io/codec.js'
import { readBytes } from '../../../io/files.js'
import { parseJson } from '../../../io/json.js'
import type { ImportError } from '../../error.js'
import { openHdf5 } from '../hdf5/file.js'
import { archiveNames } from '../keras.js'
import { unpackEntries } from './archive.js'
import { numberedWeights } from './hdf5-weights.js'
import { type KerasSource, versionIn } from './source.js'

const metadataCodec = t.intersection([
  t.type({ keras_version: t.string }),
  t.partial({ userDefinedMetadata: t.unknown }),
])

/** The JSON of an archive, and its weights as bytes. */
interface Content {
  readonly topology: unknown
  readonly metadata: t.TypeOf<typeof metadataCodec>
  readonly weights: Uint8Array
}

const contentOf = (bytes: Uint8Array): E.Either<DecodeError, Content> => {
  const { config, metadata, weights } = archiveNames
  return pipe(
    unpackEntries([config, metadata, weights])(bytes),
    E.bindTo('entries'),
    E.bind('topology', ({ entries }) => parseJson(config)(entries[config])),
    E.bind('metadata', ({ entries }) =>
      pipe(parseJson(metadata)(entries[metadata]), E.flatMap(decode(metadataCodec))),
    ),
    E.map(({ entries, ...json }) => ({ ...json, weights: entries[weights] ?? new Uint8Array() })),
  )
}

const sourceOf =
  (file: string) =>
  ({ topology, metadata, weights }: Content): TE.TaskEither<DecodeError, KerasSource> =>
    pipe(
      openHdf5(weights),
      TE.map(hdf5 => ({
        file,
        topology,
        version: versionIn(metadata.keras_version),
        metadata: metadata.userDefinedMetadata,
        weights: numberedWeights(file, hdf5),
        close: hdf5.close,
      })),
    )

/** Errors  BadFile where the archive or an entry is damaged, missing, or claims too many bytes; FileMissing */
export const openKerasArchive = (file: string): TE.TaskEither<ImportError, KerasSource> =>
  pipe(
    readBytes(file),
    TE.mapLeft((error): ImportError => error),
    TE.flatMap(bytes =>
      pipe(
        TE.fromEither(contentOf(bytes)),
        TE.flatMap(sourceOf(file)),
        TE.mapLeft((fault): ImportError => ({ _tag: 'BadFile', file, fault })),
      ),
    ),
  )
