/** The order of an epoch's images: a function of the seed and the epoch. */
import { elementAt } from '../../io/element.js'
import { permutation, stream } from '../../net/random.js'
import { countsOf } from './split.js'

/** The image indices of an epoch, in order. */
export type Order = (epoch: number) => Int32Array

/** Keeps the orders of neighbouring epochs, since prefetching starts the next one early. */
const memoizeRecent = (order: Order): Order => {
  const known = new Map<number, Int32Array>()
  return epoch => {
    const found = known.get(epoch) ?? order(epoch)
    known.set(epoch, found)
    for (const old of known.keys()) if (Math.abs(old - epoch) > 1) known.delete(old)
    return found
  }
}

/** Every image once, in random order. */
export const shuffleOrder = (seed: number, size: number): Order =>
  memoizeRecent(epoch => permutation(stream(seed, `order/${epoch}`), size))

/** The classes in turn, each over its own shuffled images; small classes repeat theirs. */
export const balancedOrder = (seed: number, labels: Int32Array, classes: number): Order => {
  const groups = countsOf(labels, classes).map(count => new Int32Array(count))
  const counts = new Int32Array(classes)
  labels.forEach((label, index) => {
    const nth = elementAt(counts, label)
    groups[label]?.fill(index, nth, nth + 1)
    counts[label] = nth + 1
  })
  const present = groups
    .map((members, label) => ({ members, label }))
    .filter(({ members }) => members.length > 0)
  return memoizeRecent(epoch => {
    const rounds = Math.ceil(labels.length / present.length)
    const memberAt = present.map(({ members, label }) => {
      const passes = Array.from({ length: Math.ceil(rounds / members.length) }, (_, pass) =>
        permutation(stream(seed, `order/${epoch}/${label}/${pass}`), members.length),
      )
      return (nth: number) =>
        elementAt(
          members,
          elementAt(elementAt(passes, Math.floor(nth / members.length)), nth % members.length),
        )
    })
    return Int32Array.from(labels, (_, nth) =>
      elementAt(memberAt, nth % present.length)(Math.floor(nth / present.length)),
    )
  })
}
