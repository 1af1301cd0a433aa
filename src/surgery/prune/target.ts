/** How far to cut: the fewest channels whose removal meets a target, found by bisection on nets alone. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { countMacs, countParams, countStored } from '../../net/counts.js'
import type { NetError } from '../../net/error.js'
import type { Model } from '../../net/weights.js'
import type { Measure, OptionError, PruneError } from '../error.js'
import type { Narrowed } from './narrow.js'

/** What a net is measured by; latency in ms, by a function of the user's. */
export type Target =
  | { readonly params: number }
  | { readonly macs: number }
  | { readonly bytes: number }
  | {
      readonly latency: number
      /** Milliseconds a model takes. */
      readonly measure: (model: Model) => number
    }

interface Gauge {
  readonly of: Measure
  readonly figure: number
  readonly read: (narrowed: Narrowed) => number
}

const gaugeOf = (target: Target): Gauge => {
  if ('params' in target)
    return { of: 'params', figure: target.params, read: ({ inferred }) => countParams(inferred) }
  if ('macs' in target)
    return { of: 'macs', figure: target.macs, read: ({ inferred }) => countMacs(inferred) }
  if ('bytes' in target)
    return { of: 'bytes', figure: target.bytes, read: ({ inferred }) => 4 * countStored(inferred) }
  return { of: 'latency', figure: target.latency, read: ({ model }) => target.measure(model()) }
}

/** Errors  WrongOption where it is not above 0, or above `most` */
export const checkPositive = (option: string, got: number, most: number): E.Either<OptionError, number> =>
  got > 0 && got <= most
    ? E.right(got)
    : E.left({
        _tag: 'WrongOption',
        option,
        got,
        wanted: most === 1 ? 'a share above 0, at most 1' : 'a number above 0',
      })

/** A share of what the whole net has, or a figure not to exceed. */
export type TargetOptions = { readonly keep: Target } | { readonly atMost: Target }

const measures: readonly Measure[] = ['params', 'macs', 'bytes', 'latency']

/** Whether a goal says how much of what: untyped callers may leave that out. */
export const checkTarget = (goal: TargetOptions): E.Either<OptionError, void> => {
  const [option, target, most] =
    'keep' in goal
      ? (['keep', goal.keep, 1] as const)
      : (['atMost', goal.atMost, Number.POSITIVE_INFINITY] as const)
  if (!measures.some(measure => measure in target))
    return E.left({
      _tag: 'WrongOption',
      option,
      got: JSON.stringify(target),
      wanted: 'params, macs or bytes',
    })
  const { of, figure } = gaugeOf(target)
  return pipe(checkPositive(`${option} ${of}`, figure, most), E.asUnit)
}

/** The smallest number up to `most` whose reading is within the limit, as that of `most` is. */
const bisected = <Err>(
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

/**
 * How many candidates must go, of `most`; `without` tells the net that has lost the first so many, `limits` what
 * holds others back.
 *
 * Errors  OutOfReach when all of them are too few; WrongOption where a measure is no number
 * Law     with one fewer, the target is missed
 */
export const searchTarget =
  (goal: TargetOptions, limits: readonly string[]) =>
  (most: number, without: (count: number) => E.Either<NetError, Narrowed>): E.Either<PruneError, number> => {
    const { of, figure, read } = gaugeOf('keep' in goal ? goal.keep : goal.atMost)
    const reading = (count: number): E.Either<PruneError, number> =>
      pipe(
        without(count),
        E.flatMap((narrowed): E.Either<PruneError, number> => {
          const got = read(narrowed)
          return Number.isFinite(got)
            ? E.right(got)
            : E.left({ _tag: 'WrongOption', option: `measure of ${of}`, got, wanted: 'a finite number' })
        }),
      )
    return pipe(
      'keep' in goal ? reading(0) : E.right(1),
      E.bindTo('whole'),
      E.bindW('least', () => reading(most)),
      E.flatMap(({ whole, least }): E.Either<PruneError, number> => {
        const wanted = whole * figure
        return least <= wanted
          ? bisected(most, wanted, reading)
          : E.left({ _tag: 'OutOfReach', measure: of, wanted, least, limits })
      }),
    )
  }
