/** The search for a target: the fewest channels whose removal meets it, on nets without weights. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { countMacs, countParams, countStored } from '../../net/counts.js'
import type { Measure, OptionError, PruneError } from '../error.js'
import type { PrunedNet } from './prune-net.js'
import { type Reading, searchCrossing } from './search-crossing.js'
import type { AmountTarget, CountedAmount, LatencyAmount, MeasureLatency } from './target.js'

/** A target's amount, and how a net is measured for it. */
interface Gauge {
  readonly of: Measure
  readonly amount: number
  readonly read: (narrowed: PrunedNet) => number
}

/** Errors  WrongOption where a latency comes without a function that measures it */
const gaugeOf = (
  amount: CountedAmount | LatencyAmount,
  measure: MeasureLatency | undefined,
): E.Either<OptionError, Gauge> => {
  if ('params' in amount) return E.right({ of: 'params', amount: amount.params, read: countParams })
  if ('macs' in amount) return E.right({ of: 'macs', amount: amount.macs, read: countMacs })
  if ('bytes' in amount)
    return E.right({ of: 'bytes', amount: amount.bytes, read: narrowed => 4 * countStored(narrowed) })
  return measure === undefined
    ? E.left({
        _tag: 'WrongOption',
        option: 'measure',
        got: 'none',
        expected: 'a function that measures latency',
      })
    : E.right({ of: 'latency', amount: amount.latency, read: ({ model }) => measure(model()) })
}

/** Counts from `most` downwards, ever further from it. */
const countsBelow = (most: number): readonly number[] => [
  most,
  ...Array.from({ length: Math.ceil(Math.log2(most + 1)) }, (_, power) => most - 2 ** power).filter(
    count => count > 0,
  ),
]

interface Reachable {
  readonly met: Reading | null
  readonly least: number
}

/**
 * The first of these counts whose reading is within the limit, if any, and the least reading met. Where a floor or a
 * shortcut keeps channels instead of the last candidates, removing all of them may leave more than removing fewer.
 */
const findReachable = <Err>(
  most: number,
  limit: number,
  read: (count: number) => E.Either<Err, number>,
): E.Either<Err, Reachable> => {
  let least = Number.POSITIVE_INFINITY
  for (const count of countsBelow(most)) {
    const reading = read(count)
    if (E.isLeft(reading)) return reading
    if (reading.right <= limit)
      return E.right({ met: { count, reading: reading.right }, least: reading.right })
    least = Math.min(least, reading.right)
  }
  return E.right({ met: null, least })
}

/** What a gauge reads of a net. Errors  WrongOption where it is no number */
const readGauge =
  ({ of, read }: Gauge) =>
  (narrowed: PrunedNet): E.Either<OptionError, number> => {
    const got = read(narrowed)
    return Number.isFinite(got)
      ? E.right(got)
      : E.left({ _tag: 'WrongOption', option: `measure of ${of}`, got, expected: 'a finite number' })
  }

/**
 * How many candidates must be removed, of `most`; `without` gives the net without the first so many, `limits` names the
 * options that hold others back.
 *
 * Errors  OutOfReach when no count that was tried meets the target; WrongOption where a measure is missing or no number
 * Law     with one fewer, the target is missed
 */
export const searchTarget =
  (options: AmountTarget & { readonly measure?: MeasureLatency }, limits: readonly string[]) =>
  (most: number, without: (count: number) => PrunedNet): E.Either<PruneError, number> =>
    pipe(
      gaugeOf('keep' in options ? options.keep : options.atMost, options.measure),
      E.flatMap((gauge): E.Either<PruneError, number> => {
        const reading = (count: number) => readGauge(gauge)(without(count))
        return pipe(
          'keep' in options ? reading(0) : E.right(1),
          E.map(whole => whole * gauge.amount),
          E.bindTo('expected'),
          E.bindW('found', ({ expected }) => findReachable(most, expected, reading)),
          E.flatMap(
            ({ expected, found: { met, least } }): E.Either<PruneError, number> =>
              met === null
                ? E.left({ _tag: 'OutOfReach', measure: gauge.of, expected, least, limits })
                : searchCrossing(met, expected, reading),
          ),
        )
      }),
    )
