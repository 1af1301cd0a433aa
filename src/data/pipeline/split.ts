/** Stratified choices: a few of each class, in the classes' own proportion. */
import { permutation, stream } from '../../net/random.js'

/** `total` shared out in proportion to `sizes`, the largest remainders rounded up. Law  sums to `total` */
export const stratifiedShares = (sizes: readonly number[], total: number): readonly number[] => {
  const all = sizes.reduce((sum, size) => sum + size, 0)
  const exact = sizes.map(size => (all === 0 ? 0 : (size * total) / all))
  const whole = exact.map(Math.floor)
  const left = Math.round(total) - whole.reduce((sum, size) => sum + size, 0)
  const rounded = exact
    .map((share, nth) => ({ nth, rest: share - Math.floor(share) }))
    .sort((a, b) => b.rest - a.rest || a.nth - b.nth)
    .slice(0, all === 0 ? 0 : left)
  const up = new Set(rounded.map(({ nth }) => nth))
  return whole.map((size, nth) => size + (up.has(nth) ? 1 : 0))
}

/** How many images each class has. */
export const countsOf = (labels: Int32Array, classes: number): readonly number[] => {
  const counts = new Array<number>(classes).fill(0)
  for (const label of labels) counts[label] = (counts[label] ?? 0) + 1
  return counts
}

/** `naturalNumber` of the images, stratified and drawn by `seed`, and the rest; both in their old order. */
export const stratifiedSplit =
  (seed: number, key: string, classes: number) =>
  (labels: Int32Array, count: number): readonly [first: Int32Array, rest: Int32Array] => {
    const left = [...stratifiedShares(countsOf(labels, classes), count)]
    const first = new Uint8Array(labels.length)
    for (const index of permutation(stream(seed, key), labels.length)) {
      const label = labels[index] ?? 0
      const open = left[label] ?? 0
      if (open > 0) first[index] = 1
      left[label] = open - 1
    }
    const indices = Int32Array.from(labels, (_, index) => index)
    return [indices.filter(index => first[index] === 1), indices.filter(index => first[index] === 0)]
  }
