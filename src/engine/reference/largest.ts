/** 1 at the `naturalNumber` largest values, and at those equal to the last of them; else 0. */
export const largest = (values: Float32Array, count: number): Float32Array => {
  const floor = values.toSorted()[values.length - count] ?? Number.NEGATIVE_INFINITY
  return values.map(value => (value >= floor ? 1 : 0))
}
