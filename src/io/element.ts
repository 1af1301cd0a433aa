/** Reading a list at an index, or a map at a key, that must be one of its own. */

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
