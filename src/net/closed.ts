/** io-ts codecs as this project wants them: records that refuse a key they do not know. */
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'

/**
 * A record of exactly these keys. io-ts' `type` keeps an unknown key and `strict` drops it; this one refuses it.
 *
 * @example
 * closed({ epochs: positive }).decode({ epochs: 2, epoch: 3 })   // Left: epoch is unknown
 */
export const closed = <P extends t.Props>(
  props: P,
  name?: string,
): t.Type<t.TypeOfProps<P>, t.OutputOfProps<P>> => open(t.type(props, name), Object.keys(props), name)

/** The same with keys that may be left out. */
export const closedPartial = <P extends t.Props, Q extends t.Props>(
  props: P,
  partial: Q,
  name?: string,
): t.Type<t.TypeOfProps<P> & t.TypeOfPartialProps<Q>, t.OutputOfProps<P> & t.OutputOfPartialProps<Q>> =>
  open(
    t.intersection([t.type(props), t.partial(partial)], name),
    [...Object.keys(props), ...Object.keys(partial)],
    name,
  )

const open = <A, O>(
  inner: t.Type<A, O>,
  keys: readonly string[],
  name = `a record of ${keys.join(', ')}`,
): t.Type<A, O> =>
  new t.Type(
    name,
    inner.is,
    (input, context) => {
      const strange =
        typeof input === 'object' && input !== null
          ? Object.keys(input).find(key => !keys.includes(key))
          : undefined
      return strange === undefined
        ? inner.validate(input, context)
        : t.failure(
            input,
            [...context, { key: strange, type: t.never }],
            `is unknown here; known are ${keys.join(', ')}`,
          )
    },
    inner.encode,
  )

const where = (check: (n: number) => boolean, name: string) =>
  new t.Type<number>(
    name,
    (u): u is number => typeof u === 'number' && check(u),
    (u, context) => (typeof u === 'number' && check(u) ? t.success(u) : t.failure(u, context)),
    t.identity,
  )

export const finite = where(Number.isFinite, 'a finite number')
export const positive = where(n => Number.isFinite(n) && n > 0, 'a number above 0')
export const share = where(n => n >= 0 && n <= 1, 'a share from 0 to 1')
export const whole = where(Number.isInteger, 'a whole number')
export const count = where(n => Number.isInteger(n) && n >= 0, 'a whole number from 0 up')

/** A union whose variant is picked by the value itself, so that an error speaks of the one that was meant. */
const picked = <A>(
  name: string,
  variantOf: (value: object) => t.Type<A, unknown> | undefined,
  otherwise: t.Validate<object, A>,
): t.Type<A, unknown> => {
  const find = (u: unknown) => (typeof u === 'object' && u !== null ? variantOf(u) : undefined)
  return new t.Type<A, unknown>(
    name,
    (u): u is A => find(u)?.is(u) ?? false,
    (u, context) =>
      typeof u === 'object' && u !== null
        ? (variantOf(u)?.validate(u, context) ?? otherwise(u, context))
        : t.failure(u, context),
    a => find(a)?.encode(a) ?? a,
  )
}

type Variant<A, T> = A extends { readonly _tag: infer U }
  ? T extends U
    ? A & { readonly _tag: T }
    : never
  : never

/** A union told apart by `_tag`. */
export const tagged = <A extends { readonly _tag: string }>(
  name: string,
  variants: { readonly [T in A['_tag']]: t.Type<Variant<A, T>, unknown> },
): t.Type<A, unknown> => {
  const table: Readonly<Record<string, t.Type<A, unknown> | undefined>> = variants as never // keyed by the tags themselves
  return picked(
    name,
    u => ('_tag' in u && typeof u._tag === 'string' ? table[u._tag] : undefined),
    (u, context) =>
      t.failure(
        '_tag' in u ? u._tag : undefined,
        [...context, { key: '_tag', type: t.never }],
        `one of ${Object.keys(variants).join(', ')}`,
      ),
  )
}

type KeyOf<A> = A extends unknown ? keyof A & string : never
type With<A, K extends string> = A extends { readonly [key in K]: unknown } ? A : never

/** A union told apart by a key each variant has, and no other. */
export const keyed = <A, Keys extends KeyOf<A> = KeyOf<A>>(
  name: string,
  variants: { readonly [K in Keys]: t.Type<With<A, K>, unknown> },
): t.Type<A, unknown> => {
  const table: Readonly<Record<string, t.Type<A, unknown>>> = variants as never // keyed by the keys themselves
  return picked(
    name,
    u => Object.entries(table).find(([key]) => key in u)?.[1],
    (u, context) => t.failure(u, context, `${name}: one of ${Object.keys(variants).join(', ')}`),
  )
}

/** The value, or null. */
export const maybe = <A, O>(codec: t.Type<A, O>): t.Type<A | null, O | null> =>
  new t.Type(
    `${codec.name} or null`,
    (u): u is A | null => u === null || codec.is(u),
    (u, context) => (u === null ? t.success(null) : codec.validate(u, context)),
    a => (a === null ? null : codec.encode(a)),
  )

/** Where a value from outside differs from what was expected: the keys that lead there, and what would fit. */
export interface Misread {
  readonly _tag: 'Misread'
  readonly at: string
  readonly wanted: string
  readonly got: string
}

/** The way to a value without the numbers of a union's members, which look at the same value again. */
const wayTo = (context: t.Context): t.Context =>
  context.filter(
    (entry, nth) => nth === 0 || !('actual' in entry) || entry.actual !== context[nth - 1]?.actual,
  )

const shown = (value: unknown): string => (JSON.stringify(value) ?? String(value)).slice(0, 80)

/** Decodes, and tells the first difference as a fact. */
export const decode =
  <A>(codec: t.Type<A, unknown>) =>
  (input: unknown): E.Either<Misread, A> =>
    E.mapLeft((errors: t.Errors): Misread => {
      const deepest = errors.reduce((a, b) => (b.context.length > a.context.length ? b : a))
      const way = wayTo(deepest.context)
      return {
        _tag: 'Misread',
        at: way
          .slice(1)
          .map(({ key }) => key)
          .join('.'),
        wanted: deepest.message ?? way.at(-1)?.type.name ?? '',
        got: shown(deepest.value),
      }
    })(codec.decode(input))
