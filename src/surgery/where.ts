/** Where in a net a growth goes. */
import type { Net } from '../net/layer.js'
import { layersOf, type Path, under } from '../net/path.js'
import type { Growth, Site } from './growth.js'

/** How a growth names its place. */
export type Word = 'after' | 'before' | 'inside' | 'deepen' | 'to' | 'widen'

/** The word a growth has, and the layer it names. */
export const addressOf = (site: Site<unknown>): readonly [word: Word, place: Path] => {
  if ('after' in site) return ['after', site.after]
  if ('before' in site) return ['before', site.before]
  if ('inside' in site) return ['inside', site.inside]
  if ('deepen' in site) return ['deepen', site.deepen]
  return 'to' in site ? ['to', site.to] : ['widen', site.widen]
}

/** The layer a growth names. */
export const placeOf = (site: Site<unknown>): Path => addressOf(site)[1]

/** The place of the first of several. */
export const beginningOf = ([first]: readonly Growth[]): Path => (first === undefined ? '' : placeOf(first))

/** A growth once another has put a layer at `last`: behind or before that; in or on what it names, as it is. */
export const following =
  (last: Path) =>
  <S extends Site<unknown>>(site: S): S => {
    if ('after' in site) return { ...site, after: last }
    return 'before' in site ? { ...site, before: last } : site
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
  (site: Site<unknown>): Spot | null => {
    if ('widen' in site) return null
    if ('before' in site) return { into: site.before }
    if ('to' in site) return { into: site.to }
    return 'inside' in site && site.at !== undefined
      ? inStack(net, site.inside, site.at)
      : { after: placeOf(site) }
  }
