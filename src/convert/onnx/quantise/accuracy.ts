/** What 8 bits cost: onnxruntime's answers to images, from a file of 32-bit numbers and from one of 8-bit ones. */
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Dataset } from '../../../data/dataset.js'
import { type Batch, evaluationFeed } from '../../../data/pipeline/batches.js'
import { accuracyOf, addScores, noScore, type Score, scoreOf } from '../../../learn/evaluation/score.js'
import type { Model } from '../../../net/weights.js'
import type { FileFigures, FilesMeasured, NotChecked } from '../../error.js'
import { toOnnx } from '../export/model.js'
import { loadRuntime, type Runtime, type RuntimeSession, runtimeMissing } from '../runtime.js'
import type { Activations } from './activations.js'

/** A file in onnxruntime, and what it gave so far. */
interface Trial {
  readonly session: RuntimeSession
  readonly bytes: number
  score: Score
  milliseconds: number
}

const beginTrial = async ({ InferenceSession }: Runtime, file: Uint8Array): Promise<Trial> => {
  const session = await InferenceSession.create(file)
  return { session, bytes: file.length, score: noScore, milliseconds: 0 }
}

const answer = async (runtime: Runtime, trial: Trial, { image }: Dataset, batch: Batch): Promise<void> => {
  const images = new runtime.Tensor('float32', batch.images, [1, ...image])
  const begun = performance.now()
  const { logits } = await trial.session.run({ images })
  trial.milliseconds += performance.now() - begun
  trial.score = addScores(trial.score, scoreOf(Float32Array.from(logits?.data ?? []), batch))
}

/** Shows every image to one file after the other, so that what slows the machine slows both. */
const showImages = async (runtime: Runtime, dataset: Dataset, trials: readonly Trial[]): Promise<void> => {
  const feed = evaluationFeed(dataset, dataset.validation, { batch: 1 })
  for (let step = 0; step < feed.batches; step++) {
    const batch = await feed.batch(0, step)
    for (const trial of trials) await answer(runtime, trial, dataset, batch)
  }
}

const figuresOf = ({ bytes, score, milliseconds }: Trial): FileFigures => ({
  accuracy: accuracyOf(score),
  bytes,
  milliseconds,
})

const measure = async (
  runtime: Runtime,
  dataset: Dataset,
  files: Readonly<Record<'float32' | 'int8', Uint8Array>>,
): Promise<FilesMeasured> => {
  const [float32, int8] = [await beginTrial(runtime, files.float32), await beginTrial(runtime, files.int8)]
  try {
    await showImages(runtime, dataset, [float32, int8])
    const images = dataset.validation.size
    const figures = { float32: figuresOf(float32), int8: figuresOf(int8) }
    return { _tag: 'FilesMeasured', images, runtime: 'onnxruntime', ...figures }
  } finally {
    await Promise.all([float32, int8].map(({ session }) => session.release()))
  }
}

const notChecked = (reason: unknown): NotChecked => ({
  _tag: 'NotChecked',
  runtime: 'onnxruntime',
  reason: String(reason),
})

const bytesOf = (model: Model, activations?: Activations): Uint8Array => {
  const precision = activations === undefined ? {} : { weights: 'int8' as const, activations }
  return toOnnx(model, null, precision)[0]?.bytes ?? new Uint8Array()
}

/**
 * The accuracy of a model in onnxruntime on validation images, shown one by one, in 32 bits and in 8; with the bytes of both
 * files and the time that each took. Or why it was not measured.
 */
export const compareFiles =
  ({ dataset }: { readonly dataset: Dataset }, activations: Activations) =>
  (model: Model): TE.TaskEither<NotChecked, FilesMeasured> => {
    const runtime = loadRuntime()
    if (runtime === null) return TE.left(notChecked(runtimeMissing))
    const files = { float32: bytesOf(model), int8: bytesOf(model, activations) }
    return TE.tryCatch(() => measure(runtime, dataset, files), notChecked)
  }
