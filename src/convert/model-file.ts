/** A model in a file: its weights, and in the metadata its net and how its images were prepared. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { type Preprocessing, preprocessingCodec } from '../data/preprocessing.js'
import { type DecodeError, decode } from '../io/codec.js'
import type { BadFile, FileError } from '../io/error.js'
import { readBytes, writeAtomically } from '../io/files.js'
import { decodeTensors, encodeTensors, type TensorsError } from '../io/safetensors.js'
import { show } from '../io/text/show.js'
import { netCodec } from '../net/codec.js'
import type { NetError, WeightError } from '../net/error.js'
import { type Model, withWeights } from '../net/weights.js'
import { type KnownLayer, provideLayers } from '../net/words/own-layer.js'

/** A safetensors file whose metadata has no net: a run's checkpoint, or one that another program wrote. */
export interface NotAModel {
  readonly _tag: 'NotAModel'
  readonly found: 'checkpoint' | 'other'
}

/** Why a file's bytes are no model. */
export type ModelFault = TensorsError | NotAModel | DecodeError | NetError | WeightError

/** Why no model comes out of a file. */
export type ModelFileError = FileError | BadFile<ModelFault>

type Metadata = Readonly<Record<string, string>>

/** What a file's metadata has under a name, as JSON. */
export const parseMetadata = (name: string, metadata: Metadata): E.Either<ModelFault, unknown> => {
  const text = metadata[name] ?? ''
  return E.tryCatch(
    () => JSON.parse(text),
    () => ({ _tag: 'DecodeError', at: name, expected: 'JSON', got: show(text) }),
  )
}

/** A model and how the images it was trained on were prepared, where that is known. */
export interface ModelFile {
  readonly model: Model
  readonly preprocessing: Preprocessing | null
}

const preprocessingIn = (metadata: Metadata): E.Either<ModelFault, Preprocessing | null> =>
  'preprocessing' in metadata
    ? pipe(parseMetadata('preprocessing', metadata), E.flatMap(decode(preprocessingCodec)))
    : E.right(null)

const netIn = (metadata: Metadata): E.Either<ModelFault, unknown> =>
  'net' in metadata
    ? parseMetadata('net', metadata)
    : E.left({ _tag: 'NotAModel', found: 'checkpoint' in metadata ? 'checkpoint' : 'other' })

const decodeModelFile =
  (known: readonly KnownLayer[]) =>
  (bytes: Uint8Array): E.Either<ModelFault, ModelFile> =>
    pipe(
      decodeTensors(bytes),
      E.flatMap(({ tensors, metadata }) =>
        pipe(
          netIn(metadata),
          E.flatMap(decode(netCodec)),
          E.map(provideLayers(known)),
          E.flatMap((net): E.Either<ModelFault, Model> => withWeights(tensors)(net)),
          E.bindTo('model'),
          E.bind('preprocessing', () => preprocessingIn(metadata)),
        ),
      ),
    )

/** What a file's bytes say. */
export const readWith =
  <Fault, A>(decoder: (bytes: Uint8Array) => E.Either<Fault, A>) =>
  (file: string): TE.TaskEither<FileError | BadFile<Fault>, A> =>
    pipe(
      readBytes(file),
      TE.flatMapEither(bytes =>
        pipe(
          decoder(bytes),
          E.mapLeft((fault): FileError | BadFile<Fault> => ({ _tag: 'BadFile', file, fault })),
        ),
      ),
    )

/** A model as the bytes of a safetensors file; `more` stands beside what a model's file always holds. */
export const encodeModelFile = (
  { net, weights }: Model,
  preprocessing?: Preprocessing,
  more: Metadata = {},
): Uint8Array =>
  encodeTensors(weights, {
    ...more,
    net: JSON.stringify(net),
    ...(preprocessing !== undefined && { preprocessing: JSON.stringify(preprocessing) }),
  })

/**
 * Writes a model as one safetensors file, so that it can be read, exported and served.
 *
 * Law  `readModelFile` gives back the model, bit for bit, and its preprocessing
 *
 * @example
 * pipe(model, saveModel('model.safetensors', preprocessingOf(dataset)))
 */
export const saveModel =
  (file: string, preprocessing?: Preprocessing, more: Metadata = {}) =>
  (model: Model): TE.TaskEither<FileError, void> =>
    writeAtomically(file, encodeModelFile(model, preprocessing, more))

/**
 * `known`: layers of your own that the model may have.
 *
 * Errors  FileMissing; BadFile with the first fault found
 */
export const readModelFile = (
  file: string,
  known: readonly KnownLayer[] = [],
): TE.TaskEither<ModelFileError, ModelFile> => readWith(decodeModelFile(known))(file)

/** The same without what else the file says. */
export const readModel = (
  file: string,
  known: readonly KnownLayer[] = [],
): TE.TaskEither<ModelFileError, Model> =>
  pipe(
    readModelFile(file, known),
    TE.map(({ model }) => model),
  )
