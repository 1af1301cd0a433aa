/** The search for a target: the fewest channels whose removal meets it, by bisection on nets without weights. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { countMacs, countParams, countStored } from '../../net/counts.js'
import type { NetError } from '../../net/error.js'
import type { Model } from '../../net/weights.js'
import type { Measure, OptionError, PruneError } from '../error.js'
import type { Narrowed } from './narrow.js'

/** A measure of the net and its amount; latency in ms, by a function of the user's. */
export type Target =
  | { readonly params: number }
  | { readonly macs: number }
  | { readonly bytes: number }
  | {
      readonly latency: number
      /** Milliseconds a model takes. */
      readonly measure: (model: Model) => number
    }

/** A target's amount, and how a net is measured for it. */
interface Gauge {
  readonly of: Measure
  readonly amount: number
  readonly read: (narrowed: Narrowed) => number
}

const gaugeOf = (target: Target): Gauge => {
  if ('params' in target) return { of: 'params', amount: target.params, read: countParams }
  if ('macs' in target) return { of: 'macs', amount: target.macs, read: countMacs }
  if ('bytes' in target)
    return { of: 'bytes', amount: target.bytes, read: narrowed => 4 * countStored(narrowed) }
  return { of: 'latency', amount: target.latency, read: ({ model }) => target.measure(model()) }
}

/** Errors  WrongOption where it is not above 0, or above `most` */
export const checkPositive = (option: string, got: number, most: number): E.Either<OptionError, number> =>
  got > 0 && got <= most
    ? E.right(got)
    : E.left({
        _tag: 'WrongOption',
        option,
        got,
        expected: most === 1 ? 'a share above 0, at most 1' : 'a number above 0',
      })

/** A share of the whole net's amount, or an amount not to exceed. */
export type TargetOptions = { readonly keep: Target } | { readonly atMost: Target }

const measures: readonly Measure[] = ['params', 'macs', 'bytes', 'latency']

/** Whether a target names a measure, and a positive amount of it. */
export const checkTarget = (options: TargetOptions): E.Either<OptionError, void> => {
  const [option, target, most] =
    'keep' in options
      ? (['keep', options.keep, 1] as const)
      : (['atMost', options.atMost, Number.POSITIVE_INFINITY] as const)
  if (!measures.some(measure => measure in target))
    return E.left({
      _tag: 'WrongOption',
      option,
      got: JSON.stringify(target),
      expected: 'params, macs or bytes',
    })
  const { of, amount } = gaugeOf(target)
  return pipe(checkPositive(`${option} ${of}`, amount, most), E.asUnit)
}

/** The smallest count up to `most` whose reading is within the limit, as that of `most` is. */
const bisect = <Err>(
  most: number,
  limit: number,
  read: (count: number) => E.Either<Err, number>,
): E.Either<Err, number> => {
  let [low, high] = [0, most] // below `low` readings exceed the limit; at `high` they do not
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const reading = read(middle)
    if (E.isLeft(reading)) return reading
    if (reading.right <= limit) high = middle
    else low = middle + 1
  }
  return E.right(high)
}

/** Counts from `most` downwards, ever further from it. */
const countsBelow = (most: number): readonly number[] => [
  most,
  ...Array.from({ length: Math.ceil(Math.log2(most + 1)) }, (_, power) => most - 2 ** power).filter(
    count => count > 0,
  ),
]

/**
 * The first of these counts whose reading is within the limit, if any, and the least reading met. Where a floor or a shortcut keeps channels
 * instead of the last candidates, removing all of them may leave more than removing fewer.
 */
const findReachable = <Err>(
  most: number,
  limit: number,
  read: (count: number) => E.Either<Err, number>,
): E.Either<Err, { readonly count: number | null; readonly least: number }> => {
  let least = Number.POSITIVE_INFINITY
  for (const count of countsBelow(most)) {
    const reading = read(count)
    if (E.isLeft(reading)) return reading
    if (reading.right <= limit) return E.right({ count, least: reading.right })
    least = Math.min(least, reading.right)
  }
  return E.right({ count: null, least })
}

/**
 * How many candidates must be removed, of `most`; `without` gives the net without the first so many, `limits` names the
 * options that hold others back.
 *
 * Errors  OutOfReach when no count that was tried meets the target; WrongOption where a measure is no number
 * Law     with one fewer, the target is missed
 */
export const searchTarget =
  (options: TargetOptions, limits: readonly string[]) =>
  (most: number, without: (count: number) => E.Either<NetError, Narrowed>): E.Either<PruneError, number> => {
    const { of, amount, read } = gaugeOf('keep' in options ? options.keep : options.atMost)
    const reading = (count: number): E.Either<PruneError, number> =>
      pipe(
        without(count),
        E.flatMap((narrowed): E.Either<PruneError, number> => {
          const got = read(narrowed)
          return Number.isFinite(got)
            ? E.right(got)
            : E.left({ _tag: 'WrongOption', option: `measure of ${of}`, got, expected: 'a finite number' })
        }),
      )
    return pipe(
      'keep' in options ? reading(0) : E.right(1),
      E.bindTo('whole'),
      E.bind('found', ({ whole }) => findReachable(most, whole * amount, reading)),
      E.flatMap(({ whole, found: { count, least } }): E.Either<PruneError, number> => {
        const expected = whole * amount
        return count === null
          ? E.left({ _tag: 'OutOfReach', measure: of, expected, least, limits })
          : bisect(count, expected, reading)
      }),
    )
  }
