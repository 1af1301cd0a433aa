/** 1 at the `count` largest values and at ties of the smallest of them, else 0. */
export const largest = (values: Float32Array, count: number): Float32Array => {
  const threshold = values.toSorted()[values.length - count] ?? Number.NEGATIVE_INFINITY
  return values.map(value => (value >= threshold ? 1 : 0))
}
