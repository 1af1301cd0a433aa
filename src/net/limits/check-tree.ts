/** Whether the records of a net are those of a net: their options, their names, their number. Shapes are not its matter. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type * as t from 'io-ts'
import { decode, type PathEntry } from '../../io/codec.js'
import { bareLayerCodec, bareNetCodec } from '../codec.js'
import type { NetError } from '../error.js'
import { childrenOf } from '../interpret.js'
import { childPath, type Path } from '../path.js'
import type { Layer, Net } from '../tree.js'
import { maxDepth, mostLayers } from './limits.js'

/** Callers without types may leave a layer out, or its name, or give the word for it. */
const nameOf = (layer: Layer | Net | undefined): string | undefined =>
  typeof layer === 'object' ? layer?.name : undefined

const validName = /^[A-Za-z0-9_-]+$/

/** The first name of a layer's children that is empty, holds a `/`, or stands twice. */
const nameError = (layer: Layer, at: Path): NetError | null => {
  const names = childrenOf(layer)
    .map(nameOf)
    .filter(name => typeof name === 'string') // others are no layers
  if (new Set(names).size === names.length && names.every(name => validName.test(name))) return null
  const invalid = names.find(name => !validName.test(name))
  if (invalid !== undefined) return { _tag: 'BadName', at, name: invalid }
  const twice = names.find((name, nth) => names.indexOf(name) !== nth)
  return twice === undefined ? null : { _tag: 'TwoOfOneName', at, name: twice }
}

/** Where a record differs from its codec; `station` is the record itself. */
const recordError = <A>(codec: t.Type<A, unknown>, record: A, station: () => PathEntry): NetError | null =>
  codec.is(record)
    ? null
    : pipe(
        decode(codec)(record),
        E.match(
          ({ way = [], ...error }): NetError | null => {
            const stations = [station(), ...way]
            return { ...error, at: stations.map(({ key }) => key).join('.'), way: stations }
          },
          () => null,
        ),
      )

const layerStation = (path: Path, layer: Layer | undefined) => (): PathEntry => ({
  key: path,
  kind: 'a layer',
  tag: layer?._tag ?? null,
  name: path,
})

const netStation = (net: Net | undefined) => (): PathEntry => ({
  key: 'net',
  kind: 'a net',
  tag: 'net',
  name: nameOf(net) ?? null,
})

/** A layer still to be checked. */
interface Entry {
  readonly path: Path
  readonly layer: Layer
  readonly level: number
}

/** Those of an entry's children, the first at the end: the next to be popped. */
const childEntries = ({ path, layer, level }: Entry): readonly Entry[] =>
  childrenOf(layer)
    .map((child, nth) => ({
      path: childPath(path, nameOf(child) ?? `${nth + 1}`),
      layer: child,
      level: level + 1,
    }))
    .toReversed()

const layerError = ({ path, layer, level }: Entry, count: number): NetError | null => {
  if (level > maxDepth) return { _tag: 'TooMany', at: path, what: 'levels', got: level, most: maxDepth }
  if (count > mostLayers) return { _tag: 'TooMany', at: path, what: 'layers', got: count, most: mostLayers }
  return recordError(bareLayerCodec, layer, layerStation(path, layer)) ?? nameError(layer, path)
}

/**
 * The net, if each of its records is one and none is nested deeper than any pass may recurse. Without recursion, since
 * the net may be of any depth.
 *
 * Errors  DecodeError, BadName, TwoOfOneName, TooMany levels or layers; the first in the order of computation, parents first
 */
export const checkTree = (net: Net): E.Either<NetError, Net> => {
  const wrong = recordError(bareNetCodec, net, netStation(net))
  if (wrong !== null) return E.left(wrong)
  const open: Entry[] = [{ path: '', layer: net.body, level: 0 }]
  let count = 0
  for (let entry = open.pop(); entry !== undefined; entry = open.pop()) {
    const error = layerError(entry, ++count)
    if (error !== null) return E.left(error)
    open.push(...childEntries(entry))
  }
  return E.right(net)
}
