/** Codecs of Keras options: a number or a pair, a default where one is absent. */
import * as t from 'io-ts'
import type { Extent, Padding } from '../../../../net/tree.js'

/** The codec of what `read` returns; undefined is refused with `name` as the expected value. */
export const refined = <A>(name: string, read: (u: unknown) => A | undefined): t.Type<A, unknown> =>
  new t.Type<A, unknown>(
    name,
    (u): u is A => read(u) !== undefined,
    (u, context) => {
      const value = read(u)
      return value === undefined ? t.failure(u, context) : t.success(value)
    },
    t.identity,
  )

const integerOrNone = (u: unknown): number | undefined =>
  typeof u === 'number' && Number.isInteger(u) ? u : undefined

const integersOrNone = (u: unknown, count: number): readonly number[] | undefined =>
  Array.isArray(u) && u.length === count && u.every(Number.isInteger) ? u : undefined

/** A window's height and width. */
export const extent = refined<Extent>('an integer or two', u => {
  const [height, width] = integersOrNone(u, 2) ?? []
  if (height === undefined || width === undefined) return integerOrNone(u)
  return height === width ? height : [height, width]
})

/** The side of a square window. */
export const square = refined('one integer or two equal ones', u => {
  const size = extent.decode(u)
  return size._tag === 'Right' && typeof size.right === 'number' ? size.right : undefined
})

type Sides = Exclude<Padding, 'same' | 'valid'>

/** Zeros on every side: one number, one a direction, or one a side. */
export const sides = refined<Sides>('an integer, two, or two pairs', u => {
  if (!Array.isArray(u)) return integerOrNone(u)
  const [rows, columns] = u.map(each => integersOrNone(Array.isArray(each) ? each : [each, each], 2))
  const [[top, bottom] = [], [left, right] = []] = [rows, columns]
  if (top === undefined || bottom === undefined || left === undefined || right === undefined) return undefined
  return [bottom, left, right].every(side => side === top) ? top : [top, bottom, left, right]
})

export const oneAxis = refined('one axis', u => integerOrNone(Array.isArray(u) && u.length === 1 ? u[0] : u))

/** An option with a default. */
export const option = <A, B>(codec: t.Type<A, unknown>, fallback: B): t.Type<A | B, unknown> =>
  new t.Type<A | B, unknown>(
    codec.name,
    (u): u is A | B => u === fallback || codec.is(u),
    (u, context) => (u === undefined || u === null ? t.success(fallback) : codec.validate(u, context)),
    t.identity,
  )

/** An option that layers here do not have: it must have its usual value. */
export const fixed = <A extends string | number | boolean>(value: A): t.Type<A, unknown> =>
  option(
    refined(JSON.stringify(value), u => (u === value ? value : undefined)),
    value,
  )
