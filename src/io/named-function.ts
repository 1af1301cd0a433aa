/**
 * Functions in values that are written to a file, which holds their names alone: who reads it must load the code that
 * defines them, too.
 */
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { closedPartial, type DecodeError, predicateCodec } from './codec.js'
import { messageOf, stackOf } from './exception.js'

/** What a function with a name is for. */
export type FunctionKind = 'criterion' | 'growthRule' | 'pushTerm' | 'layer'

/** A function with a name; `Call` is its type. */
export interface NamedFunction<Call> {
  readonly _tag: FunctionKind
  readonly name: string
  /** Missing where the value was read from a file. */
  readonly call?: Call
}

/** Which function an error is of. */
export interface FunctionName {
  readonly kind: FunctionKind
  readonly name: string
}

/** What can go wrong with a function that is known by its name. */
export type FunctionError =
  /** Only its name is known; `file`: where the function was looked for. */
  | (FunctionName & { readonly _tag: 'NoFunction'; readonly file: string | null })
  /** Two functions have one name, so that a file could not say which it means. */
  | (FunctionName & { readonly _tag: 'SameName' })
  /** It has thrown. */
  | (FunctionName & { readonly _tag: 'FunctionFailed'; readonly reason: string; readonly stack?: string })
  /** It has returned something else than expected. */
  | (FunctionName & { readonly _tag: 'WrongReturn'; readonly fault: DecodeError })

const isFunction = (u: unknown): u is (...given: never) => unknown => typeof u === 'function'

export const functionCodec = predicateCodec('a function', isFunction)

export const nameCodec = predicateCodec('a name', (u): u is string => typeof u === 'string' && u !== '')

/** The same values, written without their functions. */
export const withoutCall = <A extends { readonly call?: unknown }>(
  codec: t.Type<A, unknown>,
): t.Type<A, unknown> =>
  new t.Type<A, unknown>(codec.name, codec.is, codec.validate, ({ call: _, ...data }) => data)

/**
 * A function with a name, and what else is known of it, as JSON without the function.
 *
 * Law  decoding keeps the function of a value that has it; encoding leaves it out
 */
export const namedFunction = <A extends NamedFunction<unknown>>(
  kind: A['_tag'],
  fields: { readonly [K in Exclude<keyof A, '_tag' | 'name' | 'call'>]: t.Type<A[K], unknown> },
): t.Type<A, unknown> => {
  const props = { _tag: t.literal(kind), name: nameCodec, ...fields }
  const codec: t.Type<A, unknown> = closedPartial(props, { call: functionCodec }) as never // `fields` has the other keys
  return withoutCall(codec)
}

/**
 * What a function returns when `use` calls it.
 *
 * Errors  NoFunction, FunctionFailed
 */
export const callNamed = <Call>(
  { _tag: kind, name, call }: NamedFunction<Call>,
  use: (call: Call) => unknown,
): E.Either<FunctionError, unknown> => {
  if (call === undefined) return E.left({ _tag: 'NoFunction', kind, name, file: null })
  try {
    return E.right(use(call))
  } catch (reason) {
    return E.left({ _tag: 'FunctionFailed', kind, name, reason: messageOf(reason), ...stackOf(reason) })
  }
}

/** The error of a function that has returned something else than expected. */
export const wrongReturn =
  ({ _tag: kind, name }: NamedFunction<unknown>) =>
  (fault: DecodeError): FunctionError => ({ _tag: 'WrongReturn', kind, name, fault })
