/** The message of a decoding error: the step or layer it is in, what was expected there, and what was got. */
import { closest, distance } from 'fastest-levenshtein'
import type { DecodeError, PathEntry } from '../../io/codec.js'

const isNumber = (key: string): boolean => /^\d+$/.test(key)

/** Steps and lists are counted from 1 where a person reads. */
const nth = (key: string): string => (isNumber(key) ? `${Number(key) + 1}` : key)

/** A part of the place: steps inside steps by all their numbers, layers inside layers by all their names. */
interface Label {
  readonly what: string
  readonly path: readonly string[]
  readonly tag: string | null
}

const whatOf = ({ key, kind, tag }: PathEntry, list: string | undefined): string | null => {
  if (kind === 'a step') return 'step'
  if (kind === 'a layer' || kind === 'a stack') return 'layer'
  if (isNumber(key)) return list ?? ''
  return tag === null ? null : key
}

const pathOf = (station: PathEntry, what: string): readonly string[] => {
  if (what === 'layer')
    return [station.name ?? (isNumber(station.key) ? nth(station.key) : station.key)].filter(
      name => name !== '',
    )
  return isNumber(station.key) ? [nth(station.key)] : []
}

/** The labels on the way to a value, and the keys behind the last of them. */
interface Place {
  readonly labels: readonly Label[]
  readonly keys: readonly string[]
}

const extend = ({ labels, keys }: Place, station: PathEntry): Place => {
  const what = whatOf(station, keys.at(-1))
  if (what === null) return { labels, keys: [...keys, station.key] }
  const last = labels.at(-1)
  const path = pathOf(station, what)
  const own = station.tag === null || station.tag === what ? station.name : station.tag
  const tag = what === 'layer' ? station.tag : own
  const nested = last?.what === what && (what === 'step' || what === 'layer')
  const before = nested || last?.what === 'net' || last?.what === 'experiment' ? labels.slice(0, -1) : labels
  return {
    labels: [...before, { what, path: nested ? [...last.path, ...path] : path, tag }],
    keys: [],
  }
}

/** Of a long path the end is kept, which distinguishes it. */
const longest = 60
export const shortened = (path: string): string => (path.length > longest ? `…${path.slice(-longest)}` : path)

const labelText = ({ what, path, tag }: Label): string => {
  if (what === 'layer' && path.length === 0) return 'the net'
  const place = [what, shortened(path.join('/'))].filter(part => part !== '').join(' ')
  return tag === null ? place : `${place} (${tag})`
}

const locate = (way: readonly PathEntry[]): Place => way.reduce(extend, { labels: [], keys: [] })

const placeText = ({ labels }: Place): string => labels.map(labelText).join(', ')

/** Letters that identify a word by its beginning. */
const minPrefix = 3

/** A known key that may have been meant: one with the same beginning, or of whose letters about a third differ. */
const suggestion = (key: string, known: readonly string[]): string | null => {
  const longer = known.find(each => key.length >= minPrefix && each.startsWith(key))
  const near = longer ?? (known.length === 0 ? '' : closest(key, known))
  return near === longer || distance(key, near) <= Math.ceil(near.length / 3) ? near : null
}

const comma = (...parts: readonly string[]): string => parts.filter(part => part !== '').join(', ')

const colon = (...parts: readonly string[]): string => parts.filter(part => part !== '').join(': ')

const unknownText = (way: readonly PathEntry[], known: readonly string[]): string => {
  const [option = '', place] = [way.at(-1)?.key, locate(way.slice(0, -1))]
  const where = colon(placeText(place), place.keys.join('.'))
  if (known.includes(option))
    return colon(where, `expected '${option}' as an argument, got it as an option; try it before the options`)
  const near = suggestion(option, known)
  const advice = near === null ? `one of ${known.join(', ')}` : `'${near}'`
  return colon(where, `expected a known option, got '${option}'; try ${advice}`)
}

/** One line. */
export const decodeErrorText = ({ at, expected, got, way = [], known }: DecodeError): string => {
  if (known !== undefined && way.length > 0) return unknownText(way, known)
  const place = locate(way)
  const key = place.keys.length > 0 ? place.keys.join('.') : way.length > 0 ? '' : at
  const subject = comma(placeText(place), key)
  return colon(subject, `expected ${expected}, got ${got}`)
}
