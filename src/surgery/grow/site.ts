/** The site of a growth: the layer it names, and how. */

import { layersOf } from '../../net/layers.js'
import { childPath, type Path } from '../../net/path.js'
import type { Net } from '../../net/tree.js'
import type { Growth, GrowthSite } from './options.js'

/** How a growth names its site. */
export type SiteKind = 'after' | 'before' | 'inside' | 'deepen' | 'to' | 'widen'

/** The kind of a site, and the layer it names. */
export const siteAddress = (site: GrowthSite<unknown>): readonly [word: SiteKind, place: Path] => {
  if ('after' in site) return ['after', site.after]
  if ('before' in site) return ['before', site.before]
  if ('inside' in site) return ['inside', site.inside]
  if ('deepen' in site) return ['deepen', site.deepen]
  return 'to' in site ? ['to', site.to] : ['widen', site.widen]
}

/** The layer a growth names. */
export const sitePath = (site: GrowthSite<unknown>): Path => siteAddress(site)[1]

/** The layer that the first of several growths names. */
export const firstSitePath = ([first]: readonly Growth[]): Path =>
  first === undefined ? '' : sitePath(first)

/** The site after a growth has inserted a layer at `last`: a site behind or before a layer moves on to that. */
export const advanceSite =
  (last: Path) =>
  <S extends GrowthSite<unknown>>(site: S): S => {
    if ('after' in site) return { ...site, after: last }
    return 'before' in site ? { ...site, before: last } : site
  }

/** The output of a layer, or its input. */
export type Anchor = { readonly after: Path } | { readonly into: Path }

const anchorInStack = (net: Net, path: Path, at: number): Anchor => {
  const stack = layersOf(net).get(path)
  const next = stack?._tag === 'stack' ? stack.layers[at] : undefined
  return next === undefined ? { after: path } : { into: childPath(path, next.name) }
}

/** Where the input of the layer that a growth inserts is found; null where it inserts none. */
export const anchorOf =
  (net: Net) =>
  (site: GrowthSite<unknown>): Anchor | null => {
    if ('widen' in site) return null
    if ('before' in site) return { into: site.before }
    if ('to' in site) return { into: site.to }
    return 'inside' in site && site.at !== undefined
      ? anchorInStack(net, site.inside, site.at)
      : { after: sitePath(site) }
  }
