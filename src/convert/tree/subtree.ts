/** Parts of a net under assembly: a layer, its future names, and the sources of its weights. */

import { childPath, type Path } from '../../net/path.js'
import type { Shape } from '../../net/shape.js'
import type { Layer, Net } from '../../net/tree.js'
import { legalName } from './names.js'
import type { Sources } from './part.js'

/** The sources of one layer's weights. */
export interface Origin {
  /** Of the node, and of a batch norm fused into it. */
  readonly sources: Sources
  /** Axes that batch norms normalise. */
  readonly axes: readonly number[]
  readonly className: string
  /** The shape that the layer reads, where the format says it. */
  readonly input?: Shape
}

export interface Subtree {
  /** Names from its parent down to itself. */
  readonly names: readonly string[]
  readonly layer: Layer
  /** By path relative to the layer, which is `''`. */
  readonly origins: ReadonlyMap<Path, Origin>
}

const prefixPath = (name: string, path: Path): Path => (path === '' ? name : childPath(name, path))

/** The same subtree under one name. */
export const withName = (name: string, subtree: Subtree): Subtree => ({
  ...subtree,
  names: [name],
  layer: { ...subtree.layer, name },
})

/** The origins of all children, by path from their parent. */
export const originsIn = (children: readonly Subtree[]): ReadonlyMap<Path, Origin> =>
  new Map(
    children.flatMap(({ layer, origins }) =>
      [...origins].map(([path, origin]) => [prefixPath(layer.name, path), origin] as const),
    ),
  )

export const stackSubtrees = (name: string, children: readonly Subtree[]): Subtree => ({
  names: [name],
  layer: { _tag: 'stack', name, layers: children.map(({ layer }) => layer) },
  origins: originsIn(children),
})

/** Numbers siblings that would share a name. */
export const numberSiblings = (siblings: readonly Subtree[]): readonly Subtree[] => {
  const used = new Set<string>()
  return siblings.map(subtree => {
    const unusedName = (nth: number): string => {
      const name = nth === 1 ? subtree.layer.name : `${subtree.layer.name}_${nth}`
      return used.has(name) ? unusedName(nth + 1) : name
    }
    const name = unusedName(1)
    used.add(name)
    return withName(name, subtree)
  })
}

/** Groups neighbours whose names begin alike into a stack of that name. */
export const groupByName = (subtrees: readonly Subtree[]): readonly Subtree[] => {
  const runs: { readonly name: string; readonly isNested: boolean; readonly members: Subtree[] }[] = []
  for (const subtree of subtrees) {
    const [name = '', ...rest] = subtree.names
    const isNested = rest.length > 0
    const last = runs.at(-1)
    const relative = isNested ? { ...subtree, names: rest } : withName(name, subtree)
    if (isNested && last?.isNested === true && last.name === name) last.members.push(relative)
    else runs.push({ name, isNested, members: [relative] })
  }
  return numberSiblings(
    runs.flatMap(({ name, isNested, members }) =>
      isNested ? [stackSubtrees(name, groupByName(members))] : members,
    ),
  )
}

/** A subtree as a whole net. */
export const netOf = (name: string, input: Shape, { layer }: Subtree): Net => ({
  _tag: 'net',
  name: legalName(name) || 'imported',
  input,
  body: layer._tag === 'stack' ? layer : { _tag: 'stack', name: '', layers: [layer] },
})
