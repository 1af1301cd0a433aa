/** Converts Keras names to paths. */
import { maxDepth } from '../../../net/limits/limits.js'
import { escapePrefix } from '../keras.js'

export type Names = readonly string[]

/** Splits a Keras name into the names of a path, at most one more than the deepest path, which is then refused. */
export const namesOf = (name: string): Names => {
  const names = (name.startsWith(escapePrefix) ? name.slice(escapePrefix.length) : name)
    .split('/')
    .map(part => part.replace(/[^A-Za-z0-9_-]/g, '_'))
    .filter(part => part !== '')
    .slice(0, maxDepth + 1)
  return names.length === 0 ? ['layer'] : names
}

/** Names relative to a parent, where they begin with its names. */
export const relativeTo = (parent: Names, names: Names): Names => {
  const isInside = names.length > parent.length && parent.every((name, nth) => name === names[nth])
  return isInside ? names.slice(parent.length) : names
}
