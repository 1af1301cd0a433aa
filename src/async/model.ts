/** Models loaded, saved and asked for the classes of images, for code written with `await`. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { saveModel } from '../convert/model-file.js'
import type { Location } from '../data/error.js'
import type { ImageInput } from '../data/formats/images/decode/decode.js'
import type { EngineName } from '../engine/engine.js'
import { openEngine } from '../engine/open.js'
import {
  type Classifier,
  type ClassProbability,
  predict as openClassifier,
  type Predict,
} from '../learn/evaluation/predict.js'
import type { KnownLayer } from '../net/words/own-layer.js'
import { readAnyModel } from '../run/standalone/read-model.js'
import { run } from './run.js'

/** What a file does not hold: the words of layers of your own that its model has. */
export interface LoadOptions {
  readonly layers?: readonly KnownLayer[]
}

/**
 * The model of a run's folder, of a `model.safetensors`, or of a file that `import` reads, with the preprocessing of
 * its images.
 *
 * Errors  rejects with an `EspalierError` where there is none, or where it is damaged
 */
export const load = (path: string, { layers = [] }: LoadOptions = {}): Promise<Classifier> =>
  run(
    pipe(
      readAnyModel(path, layers),
      TE.map(({ model, preprocessing }) => ({ model, preprocessing })),
    ),
  )

/**
 * Writes a model, and the preprocessing of its images, as one safetensors file.
 *
 * Errors  rejects with an `EspalierError` where it cannot be written
 * Law     `load` gives both back, the weights bit for bit
 *
 * @example
 * await save('model.safetensors')({ model, preprocessing: preprocessingOf(dataset) })
 * const { preprocessing } = await load('model.safetensors')
 * console.error(preprocessing?.classes)
 */
export const save =
  (file: string) =>
  ({ model, preprocessing }: Classifier): Promise<void> =>
    run(saveModel(file, preprocessing ?? undefined)(model))

/** How many classes are given, by default all; and the engine, by default wasm, which starts at once. */
export interface PredictOptions {
  readonly top?: number
  readonly engine?: EngineName
}

const locationOf = (image: ImageInput | string): Location => ({
  file: typeof image === 'string' ? image : 'the image',
  entry: null,
  offset: 0,
})

const open = async (classifier: Classifier, engine: EngineName): Promise<Predict> =>
  run(openClassifier(await run(openEngine(engine, 1)))(classifier))

/**
 * A function from an image (the path of a file, its bytes, or pixels) to its classes, the most probable first. The
 * model is opened with the first image.
 *
 * Errors  rejects with an `EspalierError` where the model has no classes, or where the image cannot be decoded
 *
 * @example
 * const classify = predict({ model, preprocessing: preprocessingOf(dataset) }, { top: 1 })
 * const [best] = await classify({ height: 28, width: 28, channels: 1, data: new Uint8Array(784) })
 * console.error(best?.name, best?.probability)
 */
export const predict = (
  classifier: Classifier,
  { top, engine = 'wasm' }: PredictOptions = {},
): ((image: ImageInput | string) => Promise<readonly ClassProbability[]>) => {
  let opened: Promise<Predict> | undefined
  return async image => {
    opened ??= open(classifier, engine)
    const classify = await opened
    return (await run(classify(image, locationOf(image)))).slice(0, top)
  }
}
