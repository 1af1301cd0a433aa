/** Joins branches: as a sum of residuals, as a concatenation, or as a gate. */
import type { Names } from './names.js'
import type { Join } from './part.js'
import { groupByName, numberSiblings, originsIn, type Subtree, stackSubtrees, withName } from './subtree.js'

/** A branch as one layer: its only layer, else a stack. */
export const branchAsLayer = (name: string, subtrees: readonly Subtree[]): Subtree => {
  const children = groupByName(subtrees)
  const [only, ...others] = children
  return only !== undefined && others.length === 0 ? only : stackSubtrees(name, children)
}

const isEmpty = ({ layer }: Subtree): boolean => layer._tag === 'stack' && layer.layers.length === 0

/** A sum of two: a residual, whose shortcut is an empty branch where there is one. */
const sumOfTwo = (names: Names, first: Subtree, second: Subtree): Subtree => {
  const isSwapped = isEmpty(first) && !isEmpty(second)
  const body = withName('body', isSwapped ? second : first)
  const shortcut = withName('shortcut', isSwapped ? first : second)
  return {
    names,
    layer: { _tag: 'residual', name: '', body: body.layer, shortcut: shortcut.layer, activation: null },
    origins: originsIn([body, shortcut]),
  }
}

/** A sum of several: residuals nested in shortcuts; empty branches come last. */
const joinBySum = (names: Names, branches: readonly Subtree[]): Subtree => {
  const ordered = [...branches.filter(each => !isEmpty(each)), ...branches.filter(isEmpty)]
  const [first = stackSubtrees('', []), ...others] = branches.length === 2 ? branches : ordered
  const [second = first, ...more] = others
  return more.length === 0 ? sumOfTwo(names, first, second) : sumOfTwo(names, first, joinBySum(names, others))
}

/** A concatenation. */
const joinByConcat = (names: Names, branches: readonly Subtree[]): Subtree => {
  const children = numberSiblings(branches)
  return {
    names,
    layer: { _tag: 'concat', name: '', branches: children.map(({ layer }) => layer) },
    origins: originsIn(children),
  }
}

/** A gate: what a branch makes of a value times the value itself; null where no branch is empty. */
const joinByGate = (names: Names, branches: readonly Subtree[]): Subtree | null => {
  const value = branches.findIndex(isEmpty)
  const [found, ...others] = branches.filter((_, nth) => nth !== value)
  if (value < 0 || found === undefined || others.length > 0) return null
  const body = withName('body', found)
  return { names, layer: { _tag: 'gate', name: '', body: body.layer }, origins: originsIn([body]) }
}

const joins: { readonly [J in Join]: (names: Names, branches: readonly Subtree[]) => Subtree | null } = {
  concat: joinByConcat,
  sum: joinBySum,
  gate: joinByGate,
}

/** Two branches or more as one layer; null for a product of branches neither of which is the value they begin at. */
export const joinBranches = (join: Join, names: Names, branches: readonly Subtree[]): Subtree | null =>
  joins[join](names, branches)
