/** How much validation accuracy rounds may lose: points, or a share of the accuracy they began with. */
import * as t from 'io-ts'
import { closed, isRecord, share } from '../../../io/codec.js'

/** Accuracy, 0.02 for two points; or a share of the accuracy at the start. */
export type Within = number | { readonly relative: number }

/** The same as a user writes it: `0.02` or `'2 points'`, and `'2%'` of the accuracy at the start. */
export type WithinWord = number | `${number}%` | `${number} points`

const pattern = /^(\d+(?:\.\d+)?)(%| points?)$/

/** A text that is none is passed on, to be refused by the codec. */
export const parseWithin = (word: WithinWord): Within => {
  if (typeof word === 'number') return word
  const [, number, unit] = pattern.exec(`${word}`) ?? []
  if (number === undefined) return word as never // no such word: kept, to be refused
  const part = Number(number) / 100
  return unit === '%' ? { relative: part } : part
}

const name = "a number from 0 to 1, '5%' (of the accuracy at the start), '5 points'"

const relativeCodec = closed({ relative: share })

export const withinCodec: t.Type<Within, unknown> = new t.Type<Within, unknown>(
  name,
  (u): u is Within => share.is(u) || relativeCodec.is(u),
  (u, context) =>
    isRecord(u) ? relativeCodec.validate(u, context) : share.is(u) ? t.success(u) : t.failure(u, context),
  t.identity,
)

/** The least accuracy within a bound of `start`. */
export const leastWithin = (within: Within, start: number): number =>
  typeof within === 'number' ? start - within : start * (1 - within.relative)
