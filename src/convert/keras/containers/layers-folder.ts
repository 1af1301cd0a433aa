/** A LayersModel of TensorFlow.js: a folder of `model.json` and weight files. */
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import { type DecodeError, decode } from '../../../io/codec.js'
import { readJson } from '../../../io/files.js'
import type { FoundFormat, ImportError } from '../../error.js'
import { manifestCodec, manifestWeights } from './manifest.js'
import { type KerasSource, versionIn } from './source.js'

export const modelFile = 'model.json'

const fileCodec = t.intersection([
  t.type({ modelTopology: t.UnknownRecord, weightsManifest: manifestCodec }),
  t.partial({ userDefinedMetadata: t.unknown }),
])

type LayersFile = t.TypeOf<typeof fileCodec>

/** The kind of a model.json that holds no LayersModel; else null. */
const findForeign = ({ format, modelTopology }: Readonly<Record<string, unknown>>): FoundFormat | null => {
  if (!t.UnknownRecord.is(modelTopology)) return 'no topology'
  return format === 'graph-model' || 'node' in modelTopology ? 'graph model' : null
}

const decodeFile =
  (file: string) =>
  (json: Readonly<Record<string, unknown>>): E.Either<ImportError, LayersFile> => {
    const found = findForeign(json)
    return found === null
      ? pipe(
          decode(fileCodec)(json),
          E.mapLeft((fault: DecodeError): ImportError => ({ _tag: 'BadFile', file, fault })),
        )
      : E.left({ _tag: 'UnknownFormat', path: file, found })
  }

const object = t.refinement(t.UnknownRecord, () => true, 'a JSON object')

/** Errors  UnknownFormat, BadFile, FileMissing; those of the manifest */
export const openLayersFolder = (folder: string): TE.TaskEither<ImportError, KerasSource> => {
  const file = join(folder, modelFile)
  return pipe(
    readJson(object)(file),
    TE.mapLeft((error): ImportError => error),
    TE.flatMapEither(decodeFile(file)),
    TE.bindTo('json'),
    TE.bind('weights', ({ json }) => manifestWeights(folder)(json.weightsManifest)),
    TE.map(({ json: { modelTopology, userDefinedMetadata }, weights }) => ({
      file,
      topology: modelTopology.model_config ?? modelTopology,
      version: versionIn(modelTopology.keras_version),
      metadata: userDefinedMetadata,
      weights,
      close: () => undefined,
    })),
  )
}
