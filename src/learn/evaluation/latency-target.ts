/**
 * Pruning to a latency: bisection over multiply–accumulates; each net is predicted by a table, or measured on an
 * engine, beside the original where the target is a share.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Engine } from '../../engine/engine.js'
import { decode } from '../../io/codec.js'
import type { Model } from '../../net/weights.js'
import type { PruneError } from '../../surgery/error.js'
import type { Pruned } from '../../surgery/prune/prune.js'
import type { LatencyTarget } from '../../surgery/prune/target.js'
import { targetCodec } from '../../surgery/target-codec.js'
import type { LearnError } from '../error.js'
import { type LatencyTable, predictLatency } from '../latency/table.js'
import { latencies } from './latency.js'

/** The model pruned to a share of its multiply–accumulates. */
type PruneToShare = (share: number) => E.Either<PruneError, Pruned>

/** Milliseconds an image: measured, and the target. */
interface Reading {
  readonly got: number
  readonly expected: number
}

/** What says how long nets take: the table of a device, or an engine that runs them here. */
export type LatencySource = Engine | LatencyTable

/** Milliseconds an image of each model. */
const millisecondsBy = (
  source: LatencySource,
): ((models: readonly Model[]) => TE.TaskEither<LearnError, readonly number[]>) =>
  'open' in source
    ? models =>
        pipe(
          latencies(source, 1)(models),
          TE.map(times => times.map(({ median }) => median)),
        )
    : models => TE.right(models.map(predictLatency(source)))

const measure =
  (source: LatencySource, target: LatencyTarget, original: Model) =>
  ({ model }: Pruned): TE.TaskEither<LearnError, Reading> =>
    pipe(
      'keep' in target ? [model, original] : [model],
      millisecondsBy(source),
      TE.map(([got = Number.NaN, whole = Number.NaN]) => ({
        got,
        expected: 'keep' in target ? target.keep.latency * whole : target.atMost.latency,
      })),
    )

/** Between `low`, where nets are fast enough or cannot be pruned so far, and `high`, where they are too slow. */
interface Search {
  readonly low: number
  readonly high: number
  readonly found: Pruned | null
  readonly slow: Reading
  /** The options that held channels back, where a net could not be pruned so far. */
  readonly limits: readonly string[]
}

const halvings = 7

const search =
  (cut: PruneToShare, reading: (pruned: Pruned) => TE.TaskEither<LearnError, Reading>) =>
  ({ low, high, found, slow, limits }: Search, left: number): TE.TaskEither<LearnError, Pruned> => {
    if (left === 0)
      return found === null
        ? TE.left({
            _tag: 'OutOfReach',
            measure: 'latency',
            expected: slow.expected,
            least: slow.got,
            limits,
          })
        : TE.right(found)
    const middle = (low + high) / 2
    const next = (change: Partial<Search>) =>
      search(cut, reading)({ low, high, found, slow, limits, ...change }, left - 1)
    const pruned = cut(middle)
    if (E.isLeft(pruned))
      return pruned.left._tag === 'OutOfReach'
        ? next({ low: middle, limits: pruned.left.limits })
        : TE.left(pruned.left)
    return pipe(
      reading(pruned.right),
      TE.flatMap(now =>
        now.got <= now.expected
          ? next({ low: middle, found: pruned.right })
          : next({ high: middle, slow: now }),
      ),
    )
  }

/**
 * The fast enough net with the most multiply–accumulates, to a hundredth of the original.
 *
 * Errors  DecodeError; OutOfReach with the fewest milliseconds met; those of the prune
 * Law     a net that is fast enough loses nothing
 */
export const pruneToLatency =
  (source: LatencySource, target: LatencyTarget, cut: PruneToShare) =>
  (model: Model): TE.TaskEither<LearnError, Pruned> => {
    const reading = measure(source, target, model)
    return pipe(
      decode(targetCodec)(target),
      E.flatMap((): E.Either<LearnError, Pruned> => cut(1)),
      TE.fromEither,
      TE.bindTo('whole'),
      TE.bind('slow', ({ whole }) => reading(whole)),
      TE.flatMap(({ whole, slow }) =>
        slow.got <= slow.expected
          ? TE.right(whole)
          : search(cut, reading)({ low: 0, high: 1, found: null, slow, limits: [] }, halvings),
      ),
    )
  }
