/** Combinators of io-ts codecs, such as unions told apart before they are decoded, and what decoding has found wrong. */
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { UnknownKeyType } from './closed.js'
import { excessOf, mostLevels, mostParts } from './limits.js'
import { isRecord, predicateCodec } from './predicate-codec.js'
import { show } from './text/show.js'

export { argumentKey, closed, closedPartial, forbid } from './closed.js'
export { isRecord, predicateCodec } from './predicate-codec.js'

/** Numbers of one kind, under the name they have in messages. */
export const numbers = (name: string, check: (n: number) => boolean): t.Type<number, number, unknown> =>
  predicateCodec(name, (u): u is number => typeof u === 'number' && check(u))

export const finite = numbers('a finite number', Number.isFinite)
export const positive = numbers('a number > 0', n => Number.isFinite(n) && n > 0)
export const notNegative = numbers('a number ≥ 0', n => Number.isFinite(n) && n >= 0)
export const share = numbers('a number from 0 to 1', n => n >= 0 && n <= 1)
export const wholeNumber = numbers('a whole number', Number.isSafeInteger)

/** Whole numbers not below one, nor above another where it is given. */
export const wholeFrom = (least: number, most = Number.MAX_SAFE_INTEGER): t.Type<number, number, unknown> =>
  numbers(
    most === Number.MAX_SAFE_INTEGER
      ? `a whole number ≥ ${least}`
      : `a whole number from ${least} to ${most.toLocaleString('en')}`,
    n => Number.isSafeInteger(n) && n >= least && n <= most,
  )

export const naturalNumber = wholeFrom(0)
export const positiveWhole = wholeFrom(1)

/** A union whose variant is determined by the value, so that an error concerns the intended one. */
export const picked = <A>(
  name: string,
  variantOf: (value: object) => t.Type<A, unknown> | undefined,
  otherwise: t.Validate<object, A>,
): t.Type<A, unknown> => {
  const find = (u: unknown) => (isRecord(u) ? variantOf(u) : undefined)
  return new t.Type<A, unknown>(
    name,
    (u): u is A => find(u)?.is(u) ?? false,
    (u, context) =>
      isRecord(u) ? (variantOf(u)?.validate(u, context) ?? otherwise(u, context)) : t.failure(u, context),
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
    u =>
      '_tag' in u && typeof u._tag === 'string' && Object.hasOwn(table, u._tag) ? table[u._tag] : undefined,
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

/** A union told apart by a key that only one variant has; two such keys are refused. */
export const keyed = <A, Keys extends KeyOf<A> = KeyOf<A>>(
  name: string,
  variants: { readonly [K in Keys]: t.Type<With<A, K>, unknown> },
): t.Type<A, unknown> => {
  const table: Readonly<Record<string, t.Type<A, unknown>>> = variants as never // keyed by the keys themselves
  const all = Object.keys(table)
  const keysIn = (u: object): readonly string[] => all.filter(key => Object.hasOwn(u, key))
  return picked(
    name,
    u => {
      const [key, second] = keysIn(u)
      return key === undefined || second !== undefined ? undefined : table[key]
    },
    (u, context) =>
      t.failure(
        u,
        context,
        keysIn(u).length > 1 ? `only one of ${all.join(', ')}` : `${name}: one of ${all.join(', ')}`,
      ),
  )
}

/** The field that tells a variant of a union. */
export const tag = <T extends string>(value: T): { readonly _tag: t.LiteralC<T> } => ({
  _tag: t.literal(value),
})

/** A list of such values. */
export const list = <A>(codec: t.Type<A, unknown>, name = 'a list'): t.Type<readonly A[], unknown> =>
  t.readonlyArray(codec, name)

/** The value, or null. */
export const nullable = <A, O>(codec: t.Type<A, O>): t.Type<A | null, O | null> =>
  new t.Type(
    `${codec.name} or null`,
    (u): u is A | null => u === null || codec.is(u),
    (u, context) => (u === null ? t.success(null) : codec.validate(u, context)),
    a => (a === null ? null : codec.encode(a)),
  )

/** A key on the path to a value, with the codec of its value, and that record's tag and name where it has them. */
export interface PathEntry {
  readonly key: string
  readonly kind: string
  readonly tag: string | null
  readonly name: string | null
}

/** Where a value from outside differs from what was expected. */
export interface DecodeError {
  readonly _tag: 'DecodeError'
  /** The keys to the value, joined by dots; `''` for the whole. */
  readonly at: string
  readonly expected: string
  readonly got: string
  /** The same keys with their records, where those are known. */
  readonly way?: readonly PathEntry[]
  /** The known keys of the record, where the last key is unknown. */
  readonly known?: readonly string[]
}

/** The keys to a value, without the members of a union, whose context repeats the value. */
const wayTo = (context: t.Context): t.Context =>
  context.filter(
    (entry, nth) => nth > 0 && !('actual' in entry && Object.is(entry.actual, context[nth - 1]?.actual)),
  )

const textIn = (record: unknown, key: '_tag' | 'name'): string | null => {
  const text: unknown = isRecord(record) ? Reflect.get(record, key) : null
  return typeof text === 'string' ? text : null
}

const stationOf = ({ key, type, actual }: t.ContextEntry): PathEntry => ({
  key,
  kind: type.name,
  tag: textIn(actual, '_tag'),
  name: textIn(actual, 'name'),
})

const misreadOf = ({ context, value, message }: t.ValidationError): DecodeError => {
  const way = wayTo(context)
  const type = (way.at(-1) ?? context.at(0))?.type
  return {
    _tag: 'DecodeError',
    at: way.map(({ key }) => key).join('.'),
    expected: message ?? type?.name ?? '',
    got: show(value),
    way: way.map(stationOf),
    ...(type instanceof UnknownKeyType && { known: type.known }),
  }
}

/** Whether a codec accepts a value. */
export const fits =
  <A>(codec: t.Type<A, unknown>) =>
  (value: unknown): value is A =>
    excessOf(value) === null && codec.is(value)

const bounds = { levels: mostLevels, parts: mostParts }

/** Decodes, or gives the first difference as a fact. */
export const decode =
  <A>(codec: t.Type<A, unknown>) =>
  (input: unknown): E.Either<DecodeError, A> => {
    const excess = excessOf(input)
    return excess === null
      ? E.mapLeft((errors: t.Errors) =>
          misreadOf(errors.reduce((a, b) => (b.context.length > a.context.length ? b : a))),
        )(codec.decode(input))
      : E.left({
          _tag: 'DecodeError',
          at: '',
          expected: `at most ${bounds[excess].toLocaleString('en')} ${excess}`,
          got: 'more',
        })
  }
