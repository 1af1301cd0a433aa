/** A whole model in one `.h5` file, as Keras 2 saves it, and Keras 3 on request. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { DecodeError } from '../../../io/codec.js'
import { readBytes } from '../../../io/files.js'
import { parseJson } from '../../../io/json.js'
import type { ImportError } from '../../error.js'
import { type Hdf5File, openHdf5 } from '../hdf5/file.js'
import { namedWeights } from './hdf5-weights.js'
import { type KerasSource, versionIn } from './source.js'

const configAttribute = 'model_config'

const topologyIn = (hdf5: Hdf5File): E.Either<DecodeError, unknown> =>
  pipe(
    hdf5.textsAt('', configAttribute),
    E.flatMap(texts =>
      texts === null
        ? E.left<DecodeError>({
            _tag: 'DecodeError',
            at: '',
            expected: `a whole model with ${configAttribute}, as model.save writes it`,
            got: 'weights or other data alone',
          })
        : parseJson(configAttribute)(new TextEncoder().encode(texts[0] ?? '')),
    ),
  )

const sourceOf =
  (file: string) =>
  (hdf5: Hdf5File): E.Either<DecodeError, KerasSource> =>
    pipe(
      E.Do,
      E.bind('topology', () => topologyIn(hdf5)),
      E.bind('version', () => hdf5.textsAt('', 'keras_version')),
      E.map(({ topology, version }) => ({
        file,
        topology,
        version: versionIn(version?.[0]),
        metadata: undefined,
        weights: namedWeights(file, hdf5, 'model_weights'),
        close: hdf5.close,
      })),
      E.mapLeft(fault => {
        hdf5.close()
        return fault
      }),
    )

/** Errors  BadFile where it is no HDF5, truncated, or holds no whole model; FileMissing */
export const openHdf5Model = (file: string): TE.TaskEither<ImportError, KerasSource> =>
  pipe(
    readBytes(file),
    TE.mapLeft((error): ImportError | DecodeError => error),
    TE.flatMap(openHdf5),
    TE.flatMapEither(sourceOf(file)),
    TE.mapLeft(
      (error): ImportError =>
        error._tag === 'DecodeError' ? { _tag: 'BadFile', file, fault: error } : error,
    ),
  )
