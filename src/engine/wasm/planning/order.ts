/** Orders tasks: of those that are ready, the one that leaves the least memory in use comes first. */
import { countEach } from '../../../io/count.js'
import type { Buffer } from './buffers.js'

/** A task by the buffers it touches. */
export interface TaskBuffers {
  /** Temporary buffers that it reads or writes. */
  readonly touches: readonly Buffer[]
}

/** Which buffers are in use, and what a task would add to that: what it is the first to touch, less what it is the last to. */
const memoryUse = (tasks: readonly TaskBuffers[]) => {
  const buffers = tasks.map(({ touches }) => [...new Set(touches)])
  const pendingUses = new Map(countEach(buffers.flat()))
  const allocated = new Set<Buffer>()
  const added = (buffer: Buffer): number =>
    (allocated.has(buffer) ? 0 : buffer.floats) - (pendingUses.get(buffer) === 1 ? buffer.floats : 0)
  return {
    cost: (task: number): number => (buffers[task] ?? []).reduce((sum, buffer) => sum + added(buffer), 0),
    run: (task: number): void => {
      for (const buffer of buffers[task] ?? []) {
        allocated.add(buffer)
        pendingUses.set(buffer, (pendingUses.get(buffer) ?? 1) - 1)
      }
    },
  }
}

/** Which tasks have all that they need: at first, and after each that is run. */
const readiness = (needs: readonly ReadonlySet<number>[]) => {
  const unmet = needs.map(each => each.size)
  const dependents = needs.map((): number[] => [])
  needs.forEach((each, task) => {
    for (const need of each) dependents[need]?.push(task)
  })
  return {
    first: unmet.flatMap((count, task) => (count === 0 ? [task] : [])),
    after: (task: number): readonly number[] =>
      (dependents[task] ?? []).filter(dependent => {
        unmet[dependent] = (unmet[dependent] ?? 1) - 1
        return unmet[dependent] === 0
      }),
  }
}

/** The place in `ready` of the task of least cost, the earliest of several. */
const cheapest = (ready: readonly number[], cost: (task: number) => number): number => {
  const costs = ready.map(cost)
  return costs.reduce((least, each, i) => {
    const [a = 0, b = 0] = [costs[least], ready[least]]
    return each < a || (each === a && (ready[i] ?? 0) < b) ? i : least
  }, 0)
}

/**
 * A topological order. `needs` holds, for each task, the indices of the tasks it depends on.
 *
 * Law  every task once, after all that it needs
 */
export const order = (
  tasks: readonly TaskBuffers[],
  needs: readonly ReadonlySet<number>[],
): readonly number[] => {
  const { cost, run } = memoryUse(tasks)
  const { first, after } = readiness(needs)
  const ready = [...first]
  const scheduled: number[] = []
  while (ready.length > 0) {
    const [task = 0] = ready.splice(cheapest(ready, cost), 1)
    scheduled.push(task)
    run(task)
    ready.push(...after(task))
  }
  return scheduled
}
