/** Imports a saved Keras model: its topology and weights become a net and its weights. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { DecodeError } from '../../../io/codec.js'
import type { Model } from '../../../net/weights.js'
import type { ImportError, ImportNote, LayerDropped } from '../../error.js'
import type { ModelFile } from '../../model-file.js'
import { restorePreprocessing } from '../../rewrite/restore-preprocessing.js'
import { openKerasModel } from '../containers/open.js'
import type { KerasSource } from '../containers/source.js'
import { attachNormaliser } from './attach-normaliser.js'
import { planImport } from './plan.js'
import { readWeights } from './weights.js'

/** An imported model, the layers it was left without, and what else there is to tell. */
export interface Imported extends ModelFile {
  readonly dropped: readonly LayerDropped[]
  readonly notes?: readonly ImportNote[]
}

/** A decoding error becomes an error of the file. */
const asBadFile =
  (file: string) =>
  (error: ImportError | DecodeError): ImportError =>
    error._tag === 'DecodeError' ? { _tag: 'BadFile', file, fault: error } : error

const importFrom = (source: KerasSource): TE.TaskEither<ImportError, Imported> =>
  pipe(
    planImport(source),
    E.mapLeft(asBadFile(source.file)),
    TE.fromEither,
    TE.flatMap(({ net, normalisation, weights, dropped }) =>
      pipe(
        readWeights(weights),
        TE.map(weights => ({ ...net, weights })),
        TE.flatMap(model =>
          normalisation.length === 0
            ? TE.right(restorePreprocessing(source.metadata)(model))
            : attachNormaliser(normalisation)(model),
        ),
        TE.map(file => ({ ...file, dropped })),
      ),
    ),
  )

const close = ({ close }: KerasSource): TE.TaskEither<ImportError, void> => TE.fromIO(close)

/**
 * Imports a Keras model of supported layers: a `.keras` file, an `.h5` file of a whole model, or a tfjs LayersModel; and
 * its preprocessing where this project exported it. Optimizer weights are skipped. A softmax at its end is dropped, since
 * the outputs of a net are logits, and layers that only training runs.
 *
 * Errors  UnknownFormat; UnknownLayer, LayerDiffers by Keras name; NotATree; WeightMissing, WeightDiffers, WrongWeight;
 *         PathLeaves, WrongBytes before a weight is read; BadFile, FileMissing
 * Law     importing what `exportModel({ to: 'layers' })` wrote gives a model with the same outputs
 *
 * @example
 * readKerasFile('mobilenet.keras')
 */
export const readKerasFile = (path: string): TE.TaskEither<ImportError, Imported> =>
  TE.bracket(openKerasModel(path), importFrom, close)

/** The same without the preprocessing. */
export const readKerasModel = (path: string): TE.TaskEither<ImportError, Model> =>
  pipe(
    readKerasFile(path),
    TE.map(({ model }) => model),
  )
