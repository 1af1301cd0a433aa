/** In which order to compute: whatever is ready and leaves the least memory in use comes first. */
import type { Buffer } from './buffers.js'

/** Something to do, and what it touches. */
export interface Touching {
  /** Buffers read or written that live only during the call. */
  readonly touches: readonly Buffer[]
}

/**
 * A topological order. `needs` names, by index, what must be done before each task.
 *
 * Law  every task once, after all it needs
 */
export const order = (
  tasks: readonly Touching[],
  needs: readonly ReadonlySet<number>[],
): readonly number[] => {
  const touchers = new Map<Buffer, number>()
  for (const { touches } of tasks)
    for (const buffer of new Set(touches)) touchers.set(buffer, (touchers.get(buffer) ?? 0) + 1)
  const missing = needs.map(each => each.size)
  const followers = tasks.map((): number[] => [])
  needs.forEach((each, task) => {
    for (const need of each) followers[need]?.push(task)
  })
  const begun = new Set<Buffer>()
  const cost = (task: number): number =>
    [...new Set(tasks[task]?.touches)].reduce(
      (sum, buffer) =>
        sum + (begun.has(buffer) ? 0 : buffer.floats) - (touchers.get(buffer) === 1 ? buffer.floats : 0),
      0,
    )
  const ready = missing.flatMap((count, task) => (count === 0 ? [task] : []))
  const done: number[] = []
  while (ready.length > 0) {
    const costs = ready.map(cost)
    const best = costs.reduce((least, each, i) => {
      const [a = 0, b = 0] = [costs[least], ready[least]]
      return each < a || (each === a && (ready[i] ?? 0) < b) ? i : least
    }, 0)
    const [task = 0] = ready.splice(best, 1)
    done.push(task)
    for (const buffer of new Set(tasks[task]?.touches)) {
      begun.add(buffer)
      touchers.set(buffer, (touchers.get(buffer) ?? 1) - 1)
    }
    for (const follower of followers[task] ?? []) {
      missing[follower] = (missing[follower] ?? 1) - 1
      if (missing[follower] === 0) ready.push(follower)
    }
  }
  return done
}
