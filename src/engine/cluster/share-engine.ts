/**
 * An engine as one of several workers that share each batch. Whoever uses it sees an engine with whole batches: it gives the
 * same numbers on every worker, bit for bit, so that all decide alike. Every call waits for that of all others, in the same order.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { type Graph, inputsOf, type Program, variablesOf } from '../../graph/graph.js'
import type { NotShardable } from '../../graph/shard/shard.js'
import { type Shape, sizeOf } from '../../net/shape.js'
import type { Weights } from '../../net/weights.js'
import type { Engine, EngineError, Feeds, Fetched, Session } from '../engine.js'
import { type Member, readName, shareProgram, stopName } from './share-graph.js'

/** A worker, and the wish to stop, which all of them follow after the same call. */
export interface Membership extends Member {
  readonly asksToStop: () => boolean
  /** Called after every call in which some worker asked to stop. */
  readonly onStop: () => void
}

/** The worker's rows of a whole batch, or the rows alone as they are. */
const rowsOf = ({ rank }: Member, shape: Shape, data: Float32Array | undefined): Float32Array => {
  const size = sizeOf(shape)
  if (data === undefined || data.length === size) return data ?? new Float32Array()
  return data.subarray(rank * size, (rank + 1) * size)
}

const feedsFor = (membership: Membership, graph: Graph, feeds: Feeds): Feeds => ({
  ...Object.fromEntries(
    Object.entries(inputsOf(graph)).map(([name, shape]) => [name, rowsOf(membership, shape, feeds[name])]),
  ),
  [stopName]: Float32Array.of(membership.asksToStop() ? 1 : 0),
})

const hearStop = (membership: Membership, { [stopName]: stops, ...outputs }: Fetched): Fetched => {
  if ((stops?.[0] ?? 0) > 0) membership.onStop()
  return outputs
}

const shareSession = <P extends Program>(
  membership: Membership,
  original: P,
  shared: Program,
  constants: Weights,
  session: Session<Program>,
): Session<P> => {
  const shapes = variablesOf(original)
  const feedsOf = (call: keyof P, feeds: Feeds): Feeds =>
    feedsFor(membership, shared[String(call)] as Graph, feeds) // every call is shared
  const run = (call: keyof P, feeds: Feeds): Fetched =>
    hearStop(membership, session.run(String(call), feedsOf(call, feeds)))
  const read = (): Weights => {
    const values = Object.entries(run(readName, {}))
    return Object.fromEntries(values.map(([name, data]) => [name, { shape: shapes[name] ?? [], data }]))
  }
  return {
    run: (call, feeds) => run(call, feeds) as Fetched<P[typeof call]>, // sharing keeps the outputs' names
    runAsync: async (call, feeds) =>
      hearStop(membership, await session.runAsync(String(call), feedsOf(call, feeds))) as Fetched<
        P[typeof call]
      >, // as above
    read: () => ({ ...read(), ...constants }),
    write: session.write,
    close: session.close,
  }
}

const failed =
  ({ name: engine }: Engine) =>
  ({ kind }: NotShardable): EngineError => ({
    _tag: 'EngineFailed',
    engine,
    reason: `workers cannot share a batch of which images are compared with each other, by ${kind}`,
  })

/** Sessions must be opened in the same order on every worker: their sums over workers are numbered. */
export const shareEngine = (membership: Membership): ((engine: Engine) => Engine) => {
  let key = 1
  const share = (program: Program) => {
    const shared = shareProgram(membership, key)(program)
    if (E.isRight(shared)) key = shared.right.next
    return shared
  }
  return engine => ({
    ...engine,
    share: { rank: membership.rank, workers: membership.workers },
    open: <P extends Program>(program: P, constants: Weights = {}): TE.TaskEither<EngineError, Session<P>> =>
      pipe(
        TE.fromIOEither(() => share(program)),
        TE.mapLeft(failed(engine)),
        TE.flatMap(({ program: shared }) =>
          pipe(
            engine.open(shared, constants),
            TE.map(session => shareSession(membership, program, shared, constants, session)),
          ),
        ),
      ),
  })
}
