/** Orders tasks: of those that are ready, the one that leaves the least memory in use comes first. */
import type { Buffer } from './buffers.js'

/** A task by the buffers it touches. */
export interface Touching {
  /** Temporary buffers that it reads or writes. */
  readonly touches: readonly Buffer[]
}

/**
 * A topological order. `needs` holds, for each task, the indices of the tasks it depends on.
 *
 * Law  every task once, after all that it needs
 */
export const order = (
  tasks: readonly Touching[],
  needs: readonly ReadonlySet<number>[],
): readonly number[] => {
  const pendingUses = new Map<Buffer, number>()
  for (const { touches } of tasks)
    for (const buffer of new Set(touches)) pendingUses.set(buffer, (pendingUses.get(buffer) ?? 0) + 1)
  const unmetNeeds = needs.map(each => each.size)
  const dependents = tasks.map((): number[] => [])
  needs.forEach((each, task) => {
    for (const need of each) dependents[need]?.push(task)
  })
  const allocated = new Set<Buffer>()
  const cost = (task: number): number =>
    [...new Set(tasks[task]?.touches)].reduce(
      (sum, buffer) =>
        sum +
        (allocated.has(buffer) ? 0 : buffer.floats) -
        (pendingUses.get(buffer) === 1 ? buffer.floats : 0),
      0,
    )
  const ready = unmetNeeds.flatMap((count, task) => (count === 0 ? [task] : []))
  const scheduled: number[] = []
  while (ready.length > 0) {
    const costs = ready.map(cost)
    const best = costs.reduce((least, each, i) => {
      const [a = 0, b = 0] = [costs[least], ready[least]]
      return each < a || (each === a && (ready[i] ?? 0) < b) ? i : least
    }, 0)
    const [task = 0] = ready.splice(best, 1)
    scheduled.push(task)
    for (const buffer of new Set(tasks[task]?.touches)) {
      allocated.add(buffer)
      pendingUses.set(buffer, (pendingUses.get(buffer) ?? 1) - 1)
    }
    for (const dependent of dependents[task] ?? []) {
      unmetNeeds[dependent] = (unmetNeeds[dependent] ?? 1) - 1
      if (unmetNeeds[dependent] === 0) ready.push(dependent)
    }
  }
  return scheduled
}
