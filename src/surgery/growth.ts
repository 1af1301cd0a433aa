/** What growing can be told: plain data, which a schedule can hold, and where that is in a net. */
import type { Layer, Net } from '../net/layer.js'
import { layersOf, type Path, under } from '../net/path.js'

/** Where the net grows, and by what. */
export type Growth =
  /** A layer or module behind, or before, the one named. */
  | { readonly after: Path; readonly module: Layer }
  | { readonly before: Path; readonly module: Layer }
  /** In a stack: behind its first `at` layers, by default at its end. */
  | { readonly inside: Path; readonly at?: number; readonly module: Layer }
  /** At the end of a branch. */
  | { readonly deepen: Path; readonly module: Layer }
  /** A branch more for a module. */
  | { readonly to: Path; readonly branch: Layer }
  /** The unit named, or each unit in the module named, `by` times as wide; what a sum ties to it too. */
  | { readonly widen: Path; readonly by: number }

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

/**
 * How new weights begin.
 *
 * - `exact`  the model computes what it did: new modules pass on what comes in, nothing reads the new channels yet
 * - `spark`  as exact, but what reads new channels begins small and random: no longer the same, quicker to learn
 * - `fresh`  every weight of the grown net begins anew
 */
export type How = 'exact' | 'spark' | 'fresh'

/** What a batch norm at the place would have seen, channel by channel. */
export interface Statistics {
  readonly mean: ArrayLike<number>
  readonly variance: ArrayLike<number>
}

/** Where to grow, by what, and how the new weights begin. */
export type GrowOptions = Growth & {
  readonly seed: number
  /** By default `'exact'`. */
  readonly how?: How
  /** With `'spark'`: the new weights' deviation, in deviations of the old ones beside them; by default 0.1. */
  readonly spark?: number
  /** Of what comes into a new module, so that it passes it on in training too. */
  readonly statistics?: Statistics
  /** What the grown net may have at most. */
  readonly budget?: { readonly params?: number; readonly macs?: number }
}
