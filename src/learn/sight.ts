/** What measured criteria see: a model on an engine, over some images. */
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Batch, Feed } from '../data/batches.js'
import type { Engine, Session } from '../engine/engine.js'
import type { Program } from '../graph/value.js'
import type { Model } from '../net/weights.js'
import type { LearnError } from './error.js'
import { broken } from './phase.js'

/** Images a criterion looks at, and how many a call. */
export interface Sight {
  readonly engine: Engine
  readonly feed: Feed
  readonly batch: number
  readonly batches: number
}

type Batched<S> = (batch: Batch) => (sum: S) => S

/** Folds what a call gives over the batches in sight. */
export const gather = async <S>({ feed, batches }: Sight, start: S, step: Batched<S>): Promise<S> => {
  let sum = start
  for (let nth = 0; nth < Math.min(batches, feed.batches); nth++) sum = step(await feed.batch(0, nth))(sum)
  return sum
}

/** Opens a program with a model's weights for as long as `use` takes. */
export const using = <P extends Program, A>(
  { engine }: Sight,
  program: P,
  { weights }: Model,
  use: (session: Session<P>) => Promise<A>,
): TE.TaskEither<LearnError, A> =>
  TE.bracket(
    engine.open(program),
    session =>
      TE.tryCatch(() => {
        session.write(weights)
        return use(session)
      }, broken(engine)),
    session => TE.fromIO(() => session.close()),
  )
