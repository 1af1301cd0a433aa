/** A model leaves the house: checked against its net, written in a format's files, each whole or not at all. */
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { storedOf } from '../net/count.js'
import { infer } from '../net/infer.js'
import { fitted, type Model } from '../net/weights.js'
import { makeFolder, writeWhole } from '../run/files.js'
import type { ExportError } from './error.js'
import { toLayers } from './layers/write.js'
import { toOnnx } from './onnx/model.js'
import { toSafetensors } from './safetensors.js'
import { toSavedModel } from './savedmodel.js'
import type { File, Target } from './target.js'

type Encoder = (model: Model) => E.Either<ExportError, readonly File[]>

const encoders: { readonly [T in Target]: Encoder } = {
  savedmodel: toSavedModel,
  layers: model => E.right(toLayers(model)),
  onnx: toOnnx,
  safetensors: model => E.right(toSafetensors(model)),
}

/** A protocol buffer's length is a signed 32-bit number; the rest of the message needs room too. */
const protobufLimit = 2 ** 31 - 2 ** 20

const limits: { readonly [T in Target]: number } = {
  savedmodel: protobufLimit,
  layers: Number.POSITIVE_INFINITY,
  onnx: protobufLimit,
  safetensors: Number.POSITIVE_INFINITY,
}

const small = (to: Target, bytes: number): E.Either<ExportError, number> =>
  bytes <= limits[to] ? E.right(bytes) : E.left({ _tag: 'TooLarge', to, bytes, limit: limits[to] })

/**
 * A model as the files of a format, in memory.
 *
 * Errors  those of `infer`; WrongWeight; TooLarge, PackageMissing
 */
export const encodeModel =
  (to: Target) =>
  (model: Model): E.Either<ExportError, readonly File[]> =>
    pipe(
      infer(model.net),
      E.tap(inferred => fitted(model, inferred)),
      E.tap(inferred => small(to, 4 * storedOf(inferred))),
      E.flatMap(() => encoders[to](model)),
    )

const writeIn =
  (folder: string) =>
  ({ name, bytes }: File): TE.TaskEither<ExportError, string> => {
    const file = join(folder, name)
    return pipe(
      writeWhole(file, bytes),
      TE.map(() => file),
    )
  }

/**
 * Writes a model into a folder in one of the formats; gives the files written.
 *
 * Errors  those of `encodeModel`, before anything is written; FileFailed
 * Law     the outputs of the foreign runtime are those of the engines here
 *
 * @example
 * pipe(model, exportModel({ to: 'onnx', folder: 'out' }))
 */
export const exportModel =
  ({ to, folder }: { readonly to: Target; readonly folder: string }) =>
  (model: Model): TE.TaskEither<ExportError, readonly string[]> =>
    pipe(
      TE.fromEither(encodeModel(to)(model)),
      TE.tap(() => makeFolder(folder)),
      TE.flatMap(TE.traverseSeqArray(writeIn(folder))),
    )
