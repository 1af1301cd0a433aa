/** Codecs of values that are taken as they are. */
import * as t from 'io-ts'

/** A codec of one predicate, under the name it has in messages. */
export const predicateCodec = <A>(name: string, is: (u: unknown) => u is A): t.Type<A, A, unknown> =>
  new t.Type<A>(name, is, (u, context) => (is(u) ? t.success(u) : t.failure(u, context)), t.identity)

export const isRecord = (u: unknown): u is object => typeof u === 'object' && u !== null
