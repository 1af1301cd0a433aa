/** The programs of a worker: batches are shared where they can be, all else is computed by the first worker alone. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { type Graph, inputsOf, type Program, variablesOf } from '../../graph/graph.js'
import * as op from '../../graph/operations.js'
import type { Placement } from '../../graph/shard/placement.js'
import { countSums, type NotShardable, shard } from '../../graph/shard/shard.js'
import type { Share } from '../../io/share.js'

/** An input of each call and an output: how many workers ask to stop. No path begins with a slash. */
export const stopName = '/stop'

/** A call that gives the first worker's variables. */
export const readName = '/read'

/** A worker of a cluster, and how batch norm goes. */
export interface Member extends Share {
  readonly syncBatchNorm: boolean
}

const hasRows = (input: string): boolean =>
  input === 'images' || input === 'targets' || input.startsWith('noise/')

const placementOf =
  (rows: Placement) =>
  (input: string): Placement =>
    input === stopName ? 'partial' : hasRows(input) ? rows : 'replicated'

const askToStop = ({ outputs, updates }: Graph): Graph => ({
  outputs: { ...outputs, [stopName]: op.input(stopName, [1]) },
  updates,
})

/** A call that computes the same whole on every worker; its outputs are the first's. Errors  none: no row is shared */
const replicate = (member: Member, key: number, graph: Graph): E.Either<NotShardable, Graph> =>
  shard({ ...member, batch: 0, key, placementOf: placementOf('replicated') })(graph)

/** Errors  NotShardable of a call that changes variables */
const shareCall = (member: Member, key: number, graph: Graph): E.Either<NotShardable, Graph> => {
  const [batch = 0] = inputsOf(graph).images ?? []
  if (batch === 0 || batch % member.workers !== 0) return replicate(member, key, graph)
  return pipe(
    shard({ ...member, batch, key, placementOf: placementOf('sharded') })(graph),
    E.orElse(error => (graph.updates.length > 0 ? E.left(error) : replicate(member, key, graph))),
  )
}

const readCall = (program: Program): Graph => ({
  outputs: Object.fromEntries(
    Object.entries(variablesOf(program)).map(([name, shape]) => [name, op.weight(name, shape)]),
  ),
  updates: [],
})

/** A program of a worker, and the key of the next sum over workers. */
export interface SharedProgram {
  readonly program: Program
  readonly next: number
}

/**
 * Each call of a program for one worker, and one that reads its variables; `key`: that of the first sum over workers.
 *
 * Errors  NotShardable
 */
export const shareProgram =
  (member: Member, key: number) =>
  (program: Program): E.Either<NotShardable, SharedProgram> =>
    [...Object.entries(program), [readName, readCall(program)] as const].reduce<
      E.Either<NotShardable, SharedProgram>
    >(
      (before, [name, graph]) =>
        pipe(
          E.Do,
          E.bind('so', () => before),
          E.bind('shared', ({ so }) => shareCall(member, so.next, askToStop(graph))),
          E.map(({ so, shared }) => ({
            program: { ...so.program, [name]: shared },
            next: so.next + countSums(shared),
          })),
        ),
      E.right({ program: {}, next: key }),
    )
