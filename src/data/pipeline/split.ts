/** Stratified sampling: the same share of each class. */
import { sum } from '../../io/count.js'
import { elementAt } from '../../io/element.js'
import { permutation, stream } from '../../net/random.js'

/** Shares of `total` in proportion to `sizes`, the largest remainders rounded up. Law  sums to `total` */
export const stratifiedShares = (sizes: readonly number[], total: number): readonly number[] => {
  const all = sum(sizes)
  const exact = sizes.map(size => (all === 0 ? 0 : (size * total) / all))
  const floors = exact.map(Math.floor)
  const remaining = Math.round(total) - sum(floors)
  const largest = exact
    .map((share, nth) => ({ nth, rest: share - Math.floor(share) }))
    .sort((a, b) => b.rest - a.rest || a.nth - b.nth)
    .slice(0, all === 0 ? 0 : remaining)
  const roundedUp = new Set(largest.map(({ nth }) => nth))
  return floors.map((size, nth) => size + (roundedUp.has(nth) ? 1 : 0))
}

/** The number of images of each class. */
export const countsOf = (labels: Int32Array, classes: number): readonly number[] => {
  const counts = new Array<number>(classes).fill(0)
  for (const label of labels) counts[label] = elementAt(counts, label) + 1
  return counts
}

/** A stratified random sample of `count` images, and the rest; both in their original order. */
export const stratifiedSplit =
  (seed: number, key: string, classes: number) =>
  (labels: Int32Array, count: number): readonly [sample: Int32Array, rest: Int32Array] => {
    const remaining = [...stratifiedShares(countsOf(labels, classes), count)]
    const selected = new Uint8Array(labels.length)
    for (const index of permutation(stream(seed, key), labels.length)) {
      const label = elementAt(labels, index)
      const available = elementAt(remaining, label)
      if (available > 0) selected[index] = 1
      remaining[label] = available - 1
    }
    const indices = Int32Array.from(labels, (_, index) => index)
    return [indices.filter(index => selected[index] === 1), indices.filter(index => selected[index] === 0)]
  }
