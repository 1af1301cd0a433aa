/** The classes of single images, by a model and the preprocessing it was trained with. No data set is opened. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { type DataError, factOf, type Location } from '../../data/error.js'
import { decodeImage, type ImageInput } from '../../data/formats/images/decode/decode.js'
import { cropper, normaliserOf } from '../../data/pipeline/prepare.js'
import type { Preprocessing } from '../../data/preprocessing.js'
import type { Engine, EngineError, Session } from '../../engine/engine.js'
import type { Graph } from '../../graph/graph.js'
import { sizeOf } from '../../net/shape.js'
import type { Model } from '../../net/weights.js'
import { lowerForInference } from '../training/train.js'
import { checkData, type DataDiffers } from './check-data.js'
import { softmax } from './score.js'

/** A model with the preprocessing of its images; `null` where its file does not hold it. */
export interface Classifier {
  readonly model: Model
  readonly preprocessing: Preprocessing | null
}

/** A class and the probability that the model gives it. */
export interface ClassProbability {
  readonly name: string
  readonly probability: number
}

/** Why a model cannot classify images. */
export type ClassifierError =
  | EngineError
  | DataDiffers
  /** The model has neither the names of its classes nor the preprocessing of its images. */
  | { readonly _tag: 'NoClasses' }
  /** The size to which images are scaled is below the net's input, or more than an image may have. */
  | { readonly _tag: 'BadResize'; readonly height: number; readonly width: number; readonly most: number }

/** Classifies one image; `place` names it in errors. */
export type Predict = (
  image: ImageInput | string,
  location: Location,
) => TE.TaskEither<DataError | EngineError, readonly ClassProbability[]>

/** The most pixels to which an image is scaled. */
const mostPixels = 1 << 26

const checkResize = ({ size, resize }: Preprocessing): E.Either<ClassifierError, void> => {
  const [rows = 0, columns = 0] = size
  const { height, width } = resize
  return height < rows || width < columns || height * width > mostPixels
    ? E.left({ _tag: 'BadResize', height, width, most: mostPixels })
    : E.right(undefined)
}

const checkClassifier = ({ model, preprocessing }: Classifier): E.Either<ClassifierError, Preprocessing> =>
  preprocessing === null || preprocessing.classes.length === 0
    ? E.left({ _tag: 'NoClasses' })
    : pipe(
        checkData({ image: preprocessing.size, classes: preprocessing.classes })(model),
        E.flatMap((): E.Either<ClassifierError, void> => checkResize(preprocessing)),
        E.map(() => preprocessing),
      )

/** The values of an image as the net takes them. Errors  rejects with a `Fault` */
const preparing = ({ size, resize, background, mean, deviation }: Preprocessing) => {
  const stored = [resize.height, resize.width, size[2] ?? 1]
  const decode = decodeImage(stored, background)
  const crop = cropper({ stored, image: size })
  const normalise = normaliserOf({ mean, deviation, image: size })
  return async (image: ImageInput | string, location: Location): Promise<Float32Array> => {
    const bytes = await decode(image, location)
    const values = new Float32Array(sizeOf(size))
    normalise(crop(bytes), values, 0)
    return values
  }
}

/** The classes by falling probability; equal ones in the order of the net's outputs. */
const rank = (logits: Float32Array, classes: readonly string[]): readonly ClassProbability[] =>
  Array.from(softmax(logits), (probability, nth) => ({ name: classes[nth] ?? '', probability })).sort(
    (a, b) => b.probability - a.probability,
  )

type Inference = Session<{ readonly infer: Graph }>

const infer =
  (engine: Engine, session: Inference) =>
  (images: Float32Array): E.Either<EngineError, Float32Array> =>
    E.tryCatch(
      () => session.run('infer', { images }).logits ?? new Float32Array(),
      (reason): EngineError => ({ _tag: 'EngineFailed', engine: engine.name, reason: String(reason) }),
    )

/**
 * Opens a model for single images: each is oriented, scaled, cropped and normalised as in training.
 *
 * Errors  NoClasses, DataDiffers, BadResize; those of the engine; of an image, NotAnImage and ReadFailed
 * Law     the logits are those of `evaluate` for the same image, bit for bit
 */
export const predict =
  (engine: Engine) =>
  (classifier: Classifier): TE.TaskEither<ClassifierError, Predict> =>
    pipe(
      TE.fromEither(checkClassifier(classifier)),
      TE.bindTo('preprocessing'),
      TE.bindW('session', () => {
        const { model } = classifier
        return engine.open({ infer: lowerForInference(1)(model) }, model.weights)
      }),
      TE.map(({ preprocessing, session }): Predict => {
        const prepare = preparing(preprocessing)
        return (image, location) =>
          pipe(
            TE.tryCatch(() => prepare(image, location), factOf(location.file)),
            TE.flatMapEither(
              (values): E.Either<DataError | EngineError, Float32Array> => infer(engine, session)(values),
            ),
            TE.map(logits => rank(logits, preprocessing.classes)),
          )
      }),
    )
