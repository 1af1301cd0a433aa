/** Which images an epoch shows, and when: a function of the seed and the epoch. */
import { permutation, stream } from '../../net/random.js'
import { countsOf } from './split.js'

/** The images of an epoch, in order. */
export type Order = (epoch: number) => Int32Array

/** Remembers the last two answers: an epoch, and the next one begun ahead of time. */
const remembered = (order: Order): Order => {
  const known = new Map<number, Int32Array>()
  return epoch => {
    const found = known.get(epoch) ?? order(epoch)
    known.set(epoch, found)
    for (const old of known.keys()) if (Math.abs(old - epoch) > 1) known.delete(old)
    return found
  }
}

/** Every image once, shuffled. */
export const shuffleOrder = (seed: number, size: number): Order =>
  remembered(epoch => permutation(stream(seed, `order/${epoch}`), size))

/** The classes in turn, each through its own images, shuffled; small classes come round again. */
export const balancedOrder = (seed: number, labels: Int32Array, classes: number): Order => {
  const groups = countsOf(labels, classes).map(count => new Int32Array(count))
  const filled = new Int32Array(classes)
  labels.forEach((label, index) => {
    const nth = filled[label] ?? 0
    groups[label]?.fill(index, nth, nth + 1)
    filled[label] = nth + 1
  })
  const present = groups
    .map((members, label) => ({ members, label }))
    .filter(({ members }) => members.length > 0)
  return remembered(epoch => {
    const rounds = Math.ceil(labels.length / present.length)
    const turns = present.map(({ members, label }) => {
      const laps = Array.from({ length: Math.ceil(rounds / members.length) }, (_, lap) =>
        permutation(stream(seed, `order/${epoch}/${label}/${lap}`), members.length),
      )
      return (nth: number) =>
        members[laps[Math.floor(nth / members.length)]?.[nth % members.length] ?? 0] ?? 0
    })
    return Int32Array.from(
      labels,
      (_, nth) => turns[nth % present.length]?.(Math.floor(nth / present.length)) ?? 0,
    )
  })
}
