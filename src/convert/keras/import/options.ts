/** Codecs of Keras options: a number or a pair of equal numbers, a default where one is absent. */
import * as t from 'io-ts'
import type { Activation } from '../../../net/tree.js'

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

/** The side of a square window. */
export const square = refined('one integer or two equal ones', u =>
  Array.isArray(u) ? (u.length === 2 && u[0] === u[1] ? integerOrNone(u[0]) : undefined) : integerOrNone(u),
)

/** Padding that is the same on every side. */
export const around = refined('the same padding on every side', u => {
  if (!Array.isArray(u)) return integerOrNone(u)
  const sides = u.flat()
  return u.length === 2 && sides.every(side => side === sides[0]) ? integerOrNone(sides[0]) : undefined
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

const activations: Readonly<Record<string, Activation | null>> = {
  linear: null,
  relu: 'relu',
  relu6: 'relu6',
  sigmoid: 'sigmoid',
  tanh: 'tanh',
  swish: 'swish',
  silu: 'swish',
}

/** The supported activations; `null` for none. */
export const activation = refined(Object.keys(activations).join(' or '), u =>
  typeof u === 'string' && Object.hasOwn(activations, u) ? activations[u] : undefined,
)
