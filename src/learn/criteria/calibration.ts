/** What measured criteria see: a model on an engine, over some images. */
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Batch, Feed } from '../../data/pipeline/batches.js'
import type { Engine, Session } from '../../engine/engine.js'
import type { Program } from '../../graph/graph.js'
import type { Model } from '../../net/weights.js'
import { engineFailed, type LearnError } from '../error.js'

/** Images a criterion looks at, and how many a call. */
export interface Calibration {
  readonly engine: Engine
  readonly feed: Feed
  readonly batch: number
  readonly batches: number
}

/** Batches there are to look at. */
export const calibrationBatches = ({ batches, feed }: Calibration): number => Math.min(batches, feed.batches)

type Batched<S> = (batch: Batch) => (sum: S) => S

/** Folds what a call gives over the batches in sight. */
export const foldBatches = async <S>(sight: Calibration, start: S, step: Batched<S>): Promise<S> => {
  let sum = start
  for (let nth = 0; nth < calibrationBatches(sight); nth++) sum = step(await sight.feed.batch(0, nth))(sum)
  return sum
}

/**
 * Opens a program with a model's weights for as long as `use` takes.
 *
 * Errors  TooFewImages where no batch is in sight: what nobody saw is no evidence
 */
export const withSession = <P extends Program, A>(
  sight: Calibration,
  program: P,
  { weights }: Model,
  use: (session: Session<P>) => Promise<A>,
): TE.TaskEither<LearnError, A> =>
  calibrationBatches(sight) > 0
    ? TE.bracket(
        sight.engine.open(program),
        session =>
          TE.tryCatch(() => {
            session.write(weights)
            return use(session)
          }, engineFailed(sight.engine)),
        session => TE.fromIO(() => session.close()),
      )
    : TE.left({ _tag: 'TooFewImages', images: null, batch: sight.batch })
