/** Reading a list at an index that must be one of its own. */

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
