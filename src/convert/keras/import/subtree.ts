/** Pieces of a tree under way: a layer, what it will be called, and where the weights inside it come from. */

import { childPath, type Path } from '../../../net/path.js'
import type { Layer } from '../../../net/tree.js'
import type { Sources } from './words.js'

/** Where the weights of one layer come from. */
export interface Origin {
  /** The Keras layer, and of a unit that took in a batch norm, that one's. */
  readonly sources: Sources
  /** Axes that batch norms were told to keep. */
  readonly axes: readonly number[]
  readonly className: string
}

export interface Subtree {
  /** Names from where it will stand down to itself. */
  readonly names: readonly string[]
  readonly layer: Layer
  /** By path from the layer, which is `''` itself. */
  readonly origins: ReadonlyMap<Path, Origin>
}

const deeper = (name: string, path: Path): Path => (path === '' ? name : childPath(name, path))

/** The same piece under one name. */
export const named = (name: string, sprout: Subtree): Subtree => ({
  ...sprout,
  names: [name],
  layer: { ...sprout.layer, name },
})

/** What the pieces bring along, seen from the layer that holds them. */
export const originsIn = (children: readonly Subtree[]): ReadonlyMap<Path, Origin> =>
  new Map(
    children.flatMap(({ layer, origins }) =>
      [...origins].map(([path, origin]) => [deeper(layer.name, path), origin] as const),
    ),
  )

export const stacked = (name: string, children: readonly Subtree[]): Subtree => ({
  names: [name],
  layer: { _tag: 'stack', name, layers: children.map(({ layer }) => layer) },
  origins: originsIn(children),
})

/** Gives siblings that would share a name a number. */
export const apart = (siblings: readonly Subtree[]): readonly Subtree[] => {
  const taken = new Set<string>()
  return siblings.map(sprout => {
    const fresh = (nth: number): string => {
      const name = nth === 1 ? sprout.layer.name : `${sprout.layer.name}_${nth}`
      return taken.has(name) ? fresh(nth + 1) : name
    }
    const name = fresh(1)
    taken.add(name)
    return named(name, sprout)
  })
}

/** Neighbours whose names begin alike stand in a stack of that name. */
export const nested = (sprouts: readonly Subtree[]): readonly Subtree[] => {
  const runs: { readonly name: string; readonly deep: boolean; readonly within: Subtree[] }[] = []
  for (const sprout of sprouts) {
    const [name = '', ...rest] = sprout.names
    const deep = rest.length > 0
    const before = runs.at(-1)
    const inner = deep ? { ...sprout, names: rest } : named(name, sprout)
    if (deep && before?.deep === true && before.name === name) before.within.push(inner)
    else runs.push({ name, deep, within: [inner] })
  }
  return apart(runs.flatMap(({ name, deep, within }) => (deep ? [stacked(name, nested(within))] : within)))
}
