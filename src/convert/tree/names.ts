/** Names of a format's nodes as the names of paths. */
import { maxDepth } from '../../net/limits/limits.js'

export type Names = readonly string[]

/** A name with every letter replaced that a path cannot hold. */
export const legalName = (name: string): string => name.replace(/[^A-Za-z0-9_-]/g, '_')

/** Names a path may have, at most one more than the deepest path, which is then refused. */
export const legalNames = (parts: readonly string[]): Names => {
  const names = parts
    .map(legalName)
    .filter(part => part !== '')
    .slice(0, maxDepth + 1)
  return names.length === 0 ? ['layer'] : names
}

/** Names relative to a parent: without those at the beginning that both have. */
export const relativeTo = (parent: Names, names: Names): Names => {
  const differing = names.findIndex((name, nth) => name !== parent[nth])
  return names.slice(differing < 0 ? -1 : differing)
}
