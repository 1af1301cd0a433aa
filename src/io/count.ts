/** Values added up, counted, and grouped by a key. */

/** The sum of some numbers. */
export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

/** The sum of a number of each value. */
export const sumBy = <A>(values: readonly A[], numberOf: (value: A) => number): number =>
  values.reduce((total, value) => total + numberOf(value), 0)

/** Adds to the number of a key, and gives the new one. */
export const addTo = <K>(sums: Map<K, number>, key: K, amount = 1): number => {
  const total = (sums.get(key) ?? 0) + amount
  sums.set(key, total)
  return total
}

/** How often each value occurs, in the order in which they are first met. */
export const countEach = <A>(values: Iterable<A>): ReadonlyMap<A, number> => {
  const counts = new Map<A, number>()
  for (const value of values) addTo(counts, value)
  return counts
}

/** The values of each key, in their order. */
export const groupBy = <A, K>(values: Iterable<A>, keyOf: (value: A) => K): ReadonlyMap<K, readonly A[]> => {
  const groups = new Map<K, A[]>()
  for (const value of values) {
    const key = keyOf(value)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [value])
    else group.push(value)
  }
  return groups
}
