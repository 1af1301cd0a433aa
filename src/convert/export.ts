/** Exports a model: checks it against its net, then writes a format's files, each atomically. */
import { dirname, join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Preprocessing } from '../data/preprocessing.js'
import { makeFolder, writeAtomically } from '../io/files.js'
import { checkData } from '../learn/evaluation/check-data.js'
import { countStored } from '../net/counts.js'
import { checkWeights, type Model } from '../net/weights.js'
import { type Description, describeInput } from './description.js'
import type { ExportError } from './error.js'
import { affineOf, includeNormaliser } from './include-normaliser.js'
import type { Input, Serving } from './input.js'
import { toKeras } from './keras/export/archive.js'
import { toLayers } from './keras/export/write.js'
import { toOnnx } from './onnx/model.js'
import { toSafetensors } from './safetensors.js'
import { toSavedModel } from './savedmodel/savedmodel.js'
import { type File, type Target, textFile } from './target.js'

/** Encodes a model; `description` is null where the model has no preprocessing. */
type Encoder = (model: Model, description: Description | null) => TE.TaskEither<ExportError, readonly File[]>

const encoders: { readonly [T in Exclude<Target, 'safetensors'>]: Encoder } = {
  savedmodel: TE.fromEitherK(toSavedModel),
  layers: TE.fromEitherK(toLayers),
  keras: toKeras,
  onnx: (model, description) => TE.right(toOnnx(model, description)),
}

/** A protocol buffer's length is a signed 32-bit number; the rest of the message needs room too. */
const protobufLimit = 2 ** 31 - 2 ** 20

/** An archive in memory holds its weights and a little more. */
const archiveLimit = 2 ** 31 - 2 ** 20

const limits: { readonly [T in Target]: number } = {
  savedmodel: protobufLimit,
  layers: Number.POSITIVE_INFINITY,
  keras: archiveLimit,
  onnx: protobufLimit,
  safetensors: Number.POSITIVE_INFINITY,
}

const checkSize = (to: Target, bytes: number): E.Either<ExportError, number> =>
  bytes <= limits[to] ? E.right(bytes) : E.left({ _tag: 'TooLarge', to, bytes, limit: limits[to] })

/** A model that takes the chosen input, and the description of that input. */
interface Prepared {
  readonly model: Model
  readonly description: Description | null
}

const prepareModel = (
  input: Input,
  preprocessing: Preprocessing | undefined,
  model: Model,
): E.Either<ExportError, Prepared> => {
  if (preprocessing === undefined)
    return input === 'normalised'
      ? E.right({ model, description: null })
      : E.left({ _tag: 'NoPreprocessing', input })
  return pipe(
    input === 'normalised' ? E.right(model) : includeNormaliser(affineOf(input, preprocessing))(model),
    E.map(model => ({ model, description: describeInput(input, preprocessing) })),
  )
}

const labelsFile = ({ classes }: Preprocessing): File => textFile('labels.txt', `${classes.join('\n')}\n`)

const encode = (
  to: Target,
  { preprocessing, input = preprocessing === undefined ? 'normalised' : 'raw' }: Serving,
  model: Model,
): TE.TaskEither<ExportError, readonly File[]> =>
  to === 'safetensors'
    ? TE.right(toSafetensors(model, preprocessing))
    : pipe(
        TE.fromEither(prepareModel(input, preprocessing, model)),
        TE.flatMap(({ model, description }) => encoders[to](model, description)),
      )

/**
 * Encodes a model as the files of a format. With `preprocessing` the exported model takes pixels from 0 to 255, unless
 * `input` says otherwise, and its files hold the preprocessing and the names of the classes. `safetensors` holds the
 * trained weights unchanged.
 *
 * Errors  WrongWeight; DataDiffers, NoPreprocessing; TooLarge, PackageMissing, EncodingFailed; NotHeld where the format
 *         lacks a layer
 */
export const encodeModel =
  (to: Target, serving: Serving = {}) =>
  (model: Model): TE.TaskEither<ExportError, readonly File[]> => {
    const { preprocessing } = serving
    return pipe(
      checkWeights(model),
      E.flatMap((): E.Either<ExportError, number> => checkSize(to, 4 * countStored(model))),
      E.flatMap(() =>
        preprocessing === undefined
          ? E.right(undefined)
          : checkData({ image: preprocessing.size, classes: preprocessing.classes })(model),
      ),
      TE.fromEither,
      TE.flatMap(() => encode(to, serving, model)),
      TE.map(files => (preprocessing === undefined ? files : [...files, labelsFile(preprocessing)])),
    )
  }

const writeFileIn =
  (folder: string) =>
  ({ name, bytes }: File): TE.TaskEither<ExportError, string> => {
    const file = join(folder, name)
    return pipe(
      makeFolder(dirname(file)),
      TE.flatMap(() => writeAtomically(file, bytes)),
      TE.map(() => file),
    )
  }

/** The format, the folder for its files, and the input of the exported model. */
export interface ExportOptions extends Serving {
  readonly to: Target
  readonly folder: string
}

/**
 * Exports a model into a folder; returns the paths of the files.
 *
 * Errors  those of `encodeModel`, before anything is written; FileFailed
 * Law     another runtime computes the outputs that the engines here compute, within float32 rounding
 *
 * @example
 * pipe(model, exportModel({ to: 'onnx', folder: 'out', preprocessing: preprocessingOf(dataset) }))
 */
export const exportModel =
  ({ to, folder, ...serving }: ExportOptions) =>
  (model: Model): TE.TaskEither<ExportError, readonly string[]> =>
    pipe(model, encodeModel(to, serving), TE.flatMap(TE.traverseSeqArray(writeFileIn(folder))))
