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
): t.Type<t.TypeOfProps<P>, t.OutputOfProps<P>> => open(t.type(props, name), Object.keys(props))

/** The same with keys that may be left out. */
export const closedPartial = <P extends t.Props, Q extends t.Props>(
  props: P,
  partial: Q,
  name?: string,
): t.Type<t.TypeOfProps<P> & t.TypeOfPartialProps<Q>, t.OutputOfProps<P> & t.OutputOfPartialProps<Q>> =>
  open(t.intersection([t.type(props), t.partial(partial)], name), [
    ...Object.keys(props),
    ...Object.keys(partial),
  ])

const open = <A, O>(inner: t.Type<A, O>, keys: readonly string[]): t.Type<A, O> =>
  new t.Type(
    inner.name,
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

type Variant<A, T> = A extends { readonly _tag: infer U }
  ? T extends U
    ? A & { readonly _tag: T }
    : never
  : never

/** A union told apart by `_tag`, so that an error speaks of the one variant that was meant. */
export const tagged = <A extends { readonly _tag: string }>(
  name: string,
  variants: { readonly [T in A['_tag']]: t.Type<Variant<A, T>, unknown> },
): t.Type<A, unknown> => {
  const table: Readonly<Record<string, t.Type<A, unknown> | undefined>> = variants as never // keyed by the tags themselves
  const variantOf = (u: unknown) =>
    typeof u === 'object' && u !== null && '_tag' in u && typeof u._tag === 'string'
      ? table[u._tag]
      : undefined
  return new t.Type<A, unknown>(
    name,
    (u): u is A => variantOf(u)?.is(u) ?? false,
    (u, context) =>
      variantOf(u)?.validate(u, context) ??
      t.failure(
        u,
        [...context, { key: '_tag', type: t.never }],
        `wants one of ${Object.keys(variants).join(', ')}`,
      ),
    a => variantOf(a)?.encode(a) ?? a,
  )
}

/** Where a value from outside differs from what was expected: the keys that lead there, and what would fit. */
export interface Misread {
  readonly _tag: 'Misread'
  readonly at: string
  readonly wanted: string
  readonly got: string
}

const shown = (value: unknown): string => (JSON.stringify(value) ?? String(value)).slice(0, 80)

/** Decodes, and tells the first difference as a fact. */
export const decode =
  <A>(codec: t.Type<A, unknown>) =>
  (input: unknown): E.Either<Misread, A> =>
    E.mapLeft((errors: t.Errors): Misread => {
      const deepest = errors.reduce((a, b) => (b.context.length > a.context.length ? b : a))
      const last = deepest.context.at(-1)
      return {
        _tag: 'Misread',
        at: deepest.context
          .map(({ key }) => key)
          .filter(key => key !== '')
          .join('.'),
        wanted: deepest.message ?? last?.type.name ?? '',
        got: shown(deepest.value),
      }
    })(codec.decode(input))
