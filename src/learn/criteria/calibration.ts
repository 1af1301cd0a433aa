/** Calibration: the images over which criteria and batch norm are measured, on an engine. */
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Dataset } from '../../data/dataset.js'
import { type Batch, type Feed, trainingFeed } from '../../data/pipeline/batches.js'
import { closeSession, type Engine, type Session } from '../../engine/engine.js'
import type { Program } from '../../graph/graph.js'
import type { Model, Weights } from '../../net/weights.js'
import { engineFailed, type LearnError } from '../error.js'

/** An engine, and so many batches of a feed. */
export interface Calibration {
  readonly engine: Engine
  readonly feed: Feed
  readonly batch: number
  readonly batches: number
}

/**
 * So many training images, or all there are, each class as often as the others; as they are, unless augmentation is
 * asked.
 */
export const calibrationOf = (
  { engine, dataset, seed }: { readonly engine: Engine; readonly dataset: Dataset; readonly seed: number },
  images: number,
  { augment = false }: { readonly augment?: boolean } = {},
): Calibration => {
  const batch = Math.max(1, Math.min(images, 100, dataset.train.size))
  const feed = trainingFeed(dataset, { batch, seed, balanced: true, augment })
  return { engine, feed, batch, batches: Math.ceil(images / batch) }
}

/** The number of batches, at most those of the feed. */
export const calibrationBatches = ({ batches, feed }: Calibration): number => Math.min(batches, feed.batches)

type Batched<S> = (batch: Batch) => (sum: S) => S

/** Folds the calibration batches. */
export const foldBatches = async <S>(calibration: Calibration, start: S, step: Batched<S>): Promise<S> => {
  let sum = start
  for (let nth = 0; nth < calibrationBatches(calibration); nth++)
    sum = step(await calibration.feed.batch(0, nth))(sum)
  return sum
}

/** Opens a program with these constants for as long as `use` takes. */
const withConstants = <P extends Program, Err, A>(
  calibration: Calibration,
  program: P,
  constants: Weights,
  use: (session: Session<P>) => TE.TaskEither<Err, A>,
): TE.TaskEither<LearnError | Err, A> =>
  calibrationBatches(calibration) > 0
    ? TE.bracketW(calibration.engine.open(program, constants), use, closeSession)
    : TE.left({ _tag: 'TooFewImages', images: null, batch: calibration.batch })

/**
 * Opens a program for as long as `use` takes.
 *
 * Errors  TooFewImages where there is no batch: no image is no evidence
 */
export const withProgram = <P extends Program, Err, A>(
  calibration: Calibration,
  program: P,
  use: (session: Session<P>) => TE.TaskEither<Err, A>,
): TE.TaskEither<LearnError | Err, A> => withConstants(calibration, program, {}, use)

/** Runs `use` with a model's weights in a session. */
export const withWeights = <P extends Program, A>(
  { engine }: Calibration,
  session: Session<P>,
  { weights }: Pick<Model, 'weights'>,
  use: (session: Session<P>) => Promise<A>,
): TE.TaskEither<LearnError, A> =>
  TE.tryCatch(() => {
    session.write(weights)
    return use(session)
  }, engineFailed(engine))

/**
 * Opens a program with a model's weights, which stay as they are, for as long as `use` takes.
 *
 * Errors  those of `withProgram`
 */
export const withSession = <P extends Program, A>(
  calibration: Calibration,
  program: P,
  { weights }: Pick<Model, 'weights'>,
  use: (session: Session<P>) => Promise<A>,
): TE.TaskEither<LearnError, A> =>
  withConstants(calibration, program, weights, session =>
    TE.tryCatch(() => use(session), engineFailed(calibration.engine)),
  )
