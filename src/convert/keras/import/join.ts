/** Branches that come together again: as a sum, or side by side. */
import type { Names } from './names.js'
import { apart, named, nested, originsIn, type Subtree, stacked } from './subtree.js'

/** A branch as one layer: itself where there is one, else a stack. */
export const branched = (name: string, sprouts: readonly Subtree[]): Subtree => {
  const children = nested(sprouts)
  const [only, ...others] = children
  return only !== undefined && others.length === 0 ? only : stacked(name, children)
}

const isEmpty = ({ layer }: Subtree): boolean => layer._tag === 'stack' && layer.layers.length === 0

/** A sum; what comes in unchanged is its shortcut. */
export const summed = (names: Names, [first, second]: readonly [Subtree, Subtree]): Subtree => {
  const turned = isEmpty(first) && !isEmpty(second)
  const body = named('body', turned ? second : first)
  const shortcut = named('shortcut', turned ? first : second)
  return {
    names,
    layer: { _tag: 'residual', name: '', body: body.layer, shortcut: shortcut.layer, activation: null },
    origins: originsIn([body, shortcut]),
  }
}

/** Branches side by side. */
export const concatenated = (names: Names, branches: readonly Subtree[]): Subtree => {
  const children = apart(branches)
  return {
    names,
    layer: { _tag: 'concat', name: '', branches: children.map(({ layer }) => layer) },
    origins: originsIn(children),
  }
}
