/** Where in a net a growth goes. */

import { childPath, layersOf, type Path } from '../../net/path.js'
import type { Net } from '../../net/tree.js'
import type { Growth, GrowthSite } from './options.js'

/** How a growth names its place. */
export type SiteKind = 'after' | 'before' | 'inside' | 'deepen' | 'to' | 'widen'

/** The word a growth has, and the layer it names. */
export const siteAddress = (site: GrowthSite<unknown>): readonly [word: SiteKind, place: Path] => {
  if ('after' in site) return ['after', site.after]
  if ('before' in site) return ['before', site.before]
  if ('inside' in site) return ['inside', site.inside]
  if ('deepen' in site) return ['deepen', site.deepen]
  return 'to' in site ? ['to', site.to] : ['widen', site.widen]
}

/** The layer a growth names. */
export const sitePath = (site: GrowthSite<unknown>): Path => siteAddress(site)[1]

/** The place of the first of several. */
export const firstSitePath = ([first]: readonly Growth[]): Path =>
  first === undefined ? '' : sitePath(first)

/** A growth once another has put a layer at `last`: behind or before that; in or on what it names, as it is. */
export const advanceSite =
  (last: Path) =>
  <S extends GrowthSite<unknown>>(site: S): S => {
    if ('after' in site) return { ...site, after: last }
    return 'before' in site ? { ...site, before: last } : site
  }

/** Behind a layer or before it. */
export type Anchor = { readonly after: Path } | { readonly into: Path }

const inStack = (net: Net, path: Path, at: number): Anchor => {
  const stack = layersOf(net).get(path)
  const next = stack?._tag === 'stack' ? stack.layers[at] : undefined
  return next === undefined ? { after: path } : { into: childPath(path, next.name) }
}

/** Where that flows which comes into the layer a growth brings; null where it brings none. */
export const anchorOf =
  (net: Net) =>
  (site: GrowthSite<unknown>): Anchor | null => {
    if ('widen' in site) return null
    if ('before' in site) return { into: site.before }
    if ('to' in site) return { into: site.to }
    return 'inside' in site && site.at !== undefined
      ? inStack(net, site.inside, site.at)
      : { after: sitePath(site) }
  }
