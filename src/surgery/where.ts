/** Where in a net a growth goes. */
import type { Net } from '../net/layer.js'
import { layersOf, type Path, under } from '../net/path.js'
import type { Growth } from './growth.js'

/** A growth's place, whatever grows there. */
export type Where =
  | { readonly after: Path }
  | { readonly before: Path }
  | { readonly inside: Path; readonly at?: number }
  | { readonly deepen: Path }
  | { readonly to: Path }
  | { readonly widen: Path }

/** The layer a growth names. */
export const placeOf = (where: Where): Path => {
  if ('after' in where) return where.after
  if ('before' in where) return where.before
  if ('inside' in where) return where.inside
  if ('deepen' in where) return where.deepen
  return 'to' in where ? where.to : where.widen
}

/** The place of the first of several. */
export const beginningOf = ([first]: readonly Growth[]): Path => (first === undefined ? '' : placeOf(first))

/** A growth once another has put a layer at `last`: behind or before that; in or on what it names, as it is. */
export const following =
  (last: Path) =>
  <W extends Where>(where: W): W => {
    if ('after' in where) return { ...where, after: last }
    return 'before' in where ? { ...where, before: last } : where
  }

/** Behind a layer or before it. */
export type Spot = { readonly after: Path } | { readonly into: Path }

const inStack = (net: Net, path: Path, at: number): Spot => {
  const stack = layersOf(net).get(path)
  const next = stack?._tag === 'stack' ? stack.layers[at] : undefined
  return next === undefined ? { after: path } : { into: under(path, next.name) }
}

/** Where that flows which comes into the layer a growth brings; null where it brings none. */
export const spotOf =
  (net: Net) =>
  (where: Where): Spot | null => {
    if ('widen' in where) return null
    if ('before' in where) return { into: where.before }
    if ('to' in where) return { into: where.to }
    return 'inside' in where && where.at !== undefined
      ? inStack(net, where.inside, where.at)
      : { after: placeOf(where) }
  }
