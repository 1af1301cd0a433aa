/** Joins branches: as a residual sum, or as a concatenation. */
import type { Names } from './names.js'
import { groupByName, named, numberSiblings, originsIn, type Subtree, stackSubtrees } from './subtree.js'

/** A branch as one layer: its only layer, else a stack. */
export const branchAsLayer = (name: string, subtrees: readonly Subtree[]): Subtree => {
  const children = groupByName(subtrees)
  const [only, ...others] = children
  return only !== undefined && others.length === 0 ? only : stackSubtrees(name, children)
}

const isEmpty = ({ layer }: Subtree): boolean => layer._tag === 'stack' && layer.layers.length === 0

/** A residual sum; an empty branch is the shortcut. */
export const joinBySum = (names: Names, [first, second]: readonly [Subtree, Subtree]): Subtree => {
  const isSwapped = isEmpty(first) && !isEmpty(second)
  const body = named('body', isSwapped ? second : first)
  const shortcut = named('shortcut', isSwapped ? first : second)
  return {
    names,
    layer: { _tag: 'residual', name: '', body: body.layer, shortcut: shortcut.layer, activation: null },
    origins: originsIn([body, shortcut]),
  }
}

/** A concatenation. */
export const joinByConcat = (names: Names, branches: readonly Subtree[]): Subtree => {
  const children = numberSiblings(branches)
  return {
    names,
    layer: { _tag: 'concat', name: '', branches: children.map(({ layer }) => layer) },
    origins: originsIn(children),
  }
}
