/** Lists and maps: their values at an index or a key that must be one of their own, and whether two are alike. */

/**
 * The value at an index. For hot loops `?? 0` is quicker; elsewhere a wrong index must not become a number.
 *
 * Throws  RangeError where the list has no such index: a fault of this program
 */
export const elementAt = <A>(values: ArrayLike<A>, index: number): A => {
  const value = values[index]
  if (value === undefined)
    throw new RangeError(
      `expected an index below ${values.length}, got ${index}; this is a fault of this program`,
    )
  return value
}

/** Whether two lists have the same values in the same order. */
export const isSameList = <A>(a: ArrayLike<A>, b: ArrayLike<A>): boolean => {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/**
 * The value of a key.
 *
 * Throws  RangeError where the map has no such key: a fault of this program
 */
export const valueAt = <K, V extends NonNullable<unknown> | null>(values: ReadonlyMap<K, V>, key: K): V => {
  const value = values.get(key)
  if (value === undefined)
    throw new RangeError(`expected one of ${values.size} keys, got ${key}; this is a fault of this program`)
  return value
}
