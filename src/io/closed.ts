/** Codecs of records that refuse unknown keys. */
import * as t from 'io-ts'
import { isRecord, predicateCodec } from './predicate-codec.js'

/**
 * A record of exactly these keys. io-ts' `type` keeps an unknown key and `strict` drops it; this one refuses it.
 *
 * @example
 * import * as t from 'io-ts'
 * closed({ epochs: t.number }).decode({ epochs: 2, epoch: 3 })   // Left: epoch is unknown
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
): t.Type<t.TypeOfPartialProps<Q> & t.TypeOfProps<P>, t.OutputOfPartialProps<Q> & t.OutputOfProps<P>> =>
  open(
    t.intersection([t.partial(partial), t.type(props)], name),
    [...Object.keys(props), ...Object.keys(partial)],
    name,
  )

/** What no key that is unknown can be; it knows which keys would be known. */
export class UnknownKeyType extends t.Type<never> {
  readonly known: readonly string[]
  constructor(known: readonly string[]) {
    super(`one of ${known.join(', ')}`, (_): _ is never => false, t.failure, t.identity)
    this.known = known
  }
}

/** An unknown key of a record, its value, and the keys known there. */
interface UnknownKey {
  readonly key: string
  readonly value: unknown
  readonly known: readonly string[]
}

/** The first option that a word did not know. */
const firstUnknownOption = (record: object, known: readonly string[]): UnknownKey | undefined => {
  const given: unknown = Reflect.get(record, 'unknown')
  const [first] = isRecord(given) ? Object.entries(given) : []
  const own: unknown = Reflect.get(record, 'known')
  return first && { key: first[0], value: first[1], known: Array.isArray(own) ? own : known }
}

/** The first unknown key of a record. */
const findUnknownKey = (record: object, known: ReadonlySet<string>): UnknownKey | undefined => {
  const key = Object.keys(record).find(each => !known.has(each))
  if (key === undefined) return undefined
  const keys = [...known].filter(each => each !== '_tag')
  return (
    (key === 'unknown' ? firstUnknownOption(record, keys) : undefined) ?? {
      key,
      value: Reflect.get(record, key),
      known: keys,
    }
  )
}

const aRecord = (): t.Type<undefined, unknown, unknown> => forbid('a record of options')

/** Under which key words leave an argument too many, counted from 1. */
export const argumentKey = (nth: number): string => `argument ${nth}`

/** The codec that refuses an unknown key, by whose name a message says what was expected. */
const refusalOf = ({ key, value, known }: UnknownKey): t.Decoder<unknown, unknown> => {
  const [, nth] = /^argument (\d+)$/.exec(key) ?? []
  if (nth !== undefined)
    return forbid(nth === '2' ? 'at most 1 argument' : `at most ${Number(nth) - 1} arguments`)
  return key === 'options' && !isRecord(value) ? aRecord() : new UnknownKeyType(known)
}

const open = <A, O>(
  inner: t.Type<A, O>,
  keys: readonly string[],
  name = `a record of ${keys.join(', ')}`,
): t.Type<A, O> => {
  const all = new Set(keys)
  return new t.Type(
    name,
    (u): u is A => isRecord(u) && findUnknownKey(u, all) === undefined && inner.is(u),
    (input, context) => {
      if (!isRecord(input)) return t.failure(input, context)
      const unknownKey = findUnknownKey(input, all)
      if (unknownKey === undefined) return inner.validate(input, context)
      const { key, value } = unknownKey
      return t.failure(value, [...context, { key, type: refusalOf(unknownKey) }])
    },
    inner.encode,
  )
}

/** A key that words leave in a record for an option they cannot build from; `expected` says which values are possible. */
export const forbid = (expected: string): t.Type<undefined, unknown, unknown> =>
  predicateCodec(expected, (u): u is undefined => u === undefined)
