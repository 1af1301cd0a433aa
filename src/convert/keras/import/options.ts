/** Options as Keras' JSON has them: a number or two alike, a default where they are left out. */
import * as t from 'io-ts'
import type { Activation } from '../../../net/tree.js'

/** What `read` finds in a value; refused under a name where that is nothing. */
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

const wholeNumber = (u: unknown): number | undefined =>
  typeof u === 'number' && Number.isInteger(u) ? u : undefined

/** A side of a square window. */
export const square = refined('two equal whole numbers', u =>
  Array.isArray(u) ? (u.length === 2 && u[0] === u[1] ? wholeNumber(u[0]) : undefined) : wholeNumber(u),
)

/** Zeros that are as many on each side. */
export const around = refined('one number of zeros on every side', u => {
  if (!Array.isArray(u)) return wholeNumber(u)
  const sides = u.flat()
  return u.length === 2 && sides.every(side => side === sides[0]) ? wholeNumber(sides[0]) : undefined
})

export const oneAxis = refined('one axis', u => wholeNumber(Array.isArray(u) && u.length === 1 ? u[0] : u))

/** As config has it, or its default where it is left out. */
export const option = <A, B>(codec: t.Type<A, unknown>, fallback: B): t.Type<A | B, unknown> =>
  new t.Type<A | B, unknown>(
    codec.name,
    (u): u is A | B => u === fallback || codec.is(u),
    (u, context) => (u === undefined || u === null ? t.success(fallback) : codec.validate(u, context)),
    t.identity,
  )

/** An option that words do not have must be what they take for granted. */
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

/** The activations words have; `null` for none. */
export const activation = refined(Object.keys(activations).join(' or '), u =>
  typeof u === 'string' && Object.hasOwn(activations, u) ? activations[u] : undefined,
)
