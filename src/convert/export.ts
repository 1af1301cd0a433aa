/** Exports a model: checks it against its net, then writes a format's files, each atomically. */
import { dirname, join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Preprocessing } from '../data/preprocessing.js'
import { makeFolder, writeAtomically } from '../io/files.js'
import { encodeFileName } from '../io/text/file-name.js'
import { checkData } from '../learn/evaluation/check-data.js'
import { countStored } from '../net/counts.js'
import { checkWeights, type Model } from '../net/weights.js'
import { type Description, describeInput } from './description.js'
import type { ExportError } from './error.js'
import type { Serving } from './input.js'
import { toKeras } from './keras/export/archive.js'
import { toLayers } from './keras/export/write.js'
import { type Precision, toOnnx } from './onnx/export/model.js'
import { toPyTorch } from './pytorch/pytorch.js'
import { type Affine, affineOf, includeNormaliser, prependStep } from './rewrite/include-normaliser.js'
import { toSafetensors } from './safetensors.js'
import { toSavedModel } from './savedmodel/savedmodel.js'
import { type File, type Target, textFile } from './target.js'

/** Options of one format or another; how numbers are stored and computed is for ONNX alone. */
export interface EncodeOptions extends Serving, Precision {
  /** Of a SavedModel: its number in TensorFlow Serving, which reads the files of a model from `NAME/NUMBER/`. */
  readonly servingVersion?: number
}

/** Encodes a model; `description` is null where the model has no preprocessing. */
type Encoder = (
  model: Model,
  description: Description | null,
  options: EncodeOptions,
) => TE.TaskEither<ExportError, readonly File[]>

const encoders: { readonly [T in Exclude<Target, 'safetensors'>]: Encoder } = {
  savedmodel: TE.fromEitherK(toSavedModel),
  layers: TE.fromEitherK(toLayers),
  keras: toKeras,
  onnx: (model, description, options) => TE.right(toOnnx(model, description, options)),
  pytorch: (model, description) => TE.right(toPyTorch(model, description)),
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
  pytorch: Number.POSITIVE_INFINITY,
  safetensors: Number.POSITIVE_INFINITY,
}

const checkSize = (to: Target, bytes: number): E.Either<ExportError, number> =>
  bytes <= limits[to] ? E.right(bytes) : E.left({ _tag: 'TooLarge', to, bytes, limit: limits[to] })

/** Formats made of layers, not of operations. */
const ofLayers: readonly Target[] = ['layers', 'keras', 'pytorch']

/** Errors  OwnNotHeld: the first layer of a user's own, where the format has a class for each layer */
const checkOwn = (to: Target, { layers }: Model): E.Either<ExportError, void> => {
  if (!ofLayers.includes(to)) return E.right(undefined)
  for (const { path, layer } of layers.values())
    if (layer._tag === 'own') return E.left({ _tag: 'OwnNotHeld', to, at: path, layer: layer.layer })
  return E.right(undefined)
}

/** A model that takes the chosen input, and the description of that input. */
interface Prepared {
  readonly model: Model
  readonly description: Description | null
}

/**
 * Makes the normaliser a part of the model, unless the format has a step of its own for it. It stays out of kernels of 8 bits,
 * whose input channels would then differ in scale.
 */
const normaliseInside = (to: Target, { weights }: EncodeOptions, affine: Affine) => {
  if (to === 'pytorch') return (model: Model): E.Either<ExportError, Model> => E.right(model)
  return to === 'onnx' && weights === 'int8' ? prependStep(affine) : includeNormaliser(affine)
}

const prepareModel = (to: Target, options: EncodeOptions, model: Model): E.Either<ExportError, Prepared> => {
  const { preprocessing, input = preprocessing === undefined ? 'normalised' : 'raw' } = options
  if (preprocessing === undefined)
    return input === 'normalised'
      ? E.right({ model, description: null })
      : E.left({ _tag: 'NoPreprocessing', input })
  return pipe(
    input === 'normalised'
      ? E.right(model)
      : normaliseInside(to, options, affineOf(input, preprocessing))(model),
    E.map(model => ({ model, description: describeInput(input, preprocessing) })),
  )
}

const labelsFile = ({ classes }: Preprocessing): File => textFile('labels.txt', `${classes.join('\n')}\n`)

const encode = (
  to: Target,
  options: EncodeOptions,
  model: Model,
): TE.TaskEither<ExportError, readonly File[]> =>
  to === 'safetensors'
    ? TE.right(toSafetensors(model, options.preprocessing))
    : pipe(
        TE.fromEither(prepareModel(to, options, model)),
        TE.flatMap(({ model, description }) => encoders[to](model, description, options)),
      )

const checkVersion = (version: number | undefined): E.Either<ExportError, void> =>
  version === undefined || (Number.isSafeInteger(version) && version > 0)
    ? E.right(undefined)
    : E.left({ _tag: 'NotAVersion', got: version })

/** The folder of a version of a model in TensorFlow Serving; null where the files lie by themselves. */
const versionFolder = (to: Target, { servingVersion }: EncodeOptions, { net }: Model): string | null =>
  to === 'savedmodel' && servingVersion !== undefined ? `${encodeFileName(net.name)}/${servingVersion}` : null

const moveInto =
  (folder: string | null) =>
  (files: readonly File[]): readonly File[] =>
    folder === null ? files : files.map(file => ({ ...file, name: `${folder}/${file.name}` }))

/**
 * Encodes a model as the files of a format. With `preprocessing` the exported model takes pixels from 0 to 255, unless
 * `input` says otherwise, and its files hold the preprocessing and the names of the classes. `safetensors` holds the
 * trained weights unchanged.
 *
 * Errors  WrongWeight; DataDiffers, NoPreprocessing, NotAVersion; TooLarge, PackageMissing, EncodingFailed; NotHeld
 *         where the format lacks a layer, OwnNotHeld where it is a user's own
 */
export const encodeModel =
  (to: Target, options: EncodeOptions = {}) =>
  (model: Model): TE.TaskEither<ExportError, readonly File[]> => {
    const { preprocessing } = options
    return pipe(
      checkWeights(model),
      E.flatMap((): E.Either<ExportError, number> => checkSize(to, 4 * countStored(model))),
      E.flatMap(() =>
        preprocessing === undefined
          ? E.right(undefined)
          : checkData({ image: preprocessing.size, classes: preprocessing.classes })(model),
      ),
      E.flatMap(() => checkVersion(options.servingVersion)),
      E.flatMap(() => checkOwn(to, model)),
      TE.fromEither,
      TE.flatMap(() => encode(to, options, model)),
      TE.map(files => (preprocessing === undefined ? files : [...files, labelsFile(preprocessing)])),
      TE.map(moveInto(versionFolder(to, options, model))),
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
export interface ExportOptions extends EncodeOptions {
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
  ({ to, folder, ...options }: ExportOptions) =>
  (model: Model): TE.TaskEither<ExportError, readonly string[]> =>
    pipe(model, encodeModel(to, options), TE.flatMap(TE.traverseSeqArray(writeFileIn(folder))))
