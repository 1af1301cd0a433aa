/** Assigns addresses to temporary buffers: buffers whose lifetimes are disjoint may share memory. */
import type { Buffer } from './buffers.js'

/** From the first task that touches a buffer to the last, both included. */
export interface Lifetime {
  readonly first: number
  readonly last: number
}

/** A cache line, so that buffers are aligned for vectors and share no line. */
const alignment = 64

const alignUp = (bytes: number): number => Math.ceil(bytes / alignment) * alignment

export const spaceOf = ({ floats }: Buffer): number => alignUp(4 * floats)

/** The allocations so far in the order of addresses, in columns, since each new buffer scans all of them. */
interface Allocations {
  readonly first: Int32Array
  readonly last: Int32Array
  readonly from: Float64Array
  readonly to: Float64Array
}

const emptyAllocations = (size: number): Allocations => ({
  first: new Int32Array(size),
  last: new Int32Array(size),
  from: new Float64Array(size),
  to: new Float64Array(size),
})

/** The lowest gap of `space` bytes among the `count` allocations whose lifetimes overlap. */
const findGap = (
  space: number,
  life: Lifetime,
  { first, last, from, to }: Allocations,
  count: number,
): number => {
  let gap = 0
  for (let i = 0; i < count; i++) {
    if ((first[i] ?? 0) > life.last || (last[i] ?? 0) < life.first) continue
    if ((from[i] ?? 0) - gap >= space) break
    gap = Math.max(gap, to[i] ?? 0)
  }
  return gap
}

/** Inserts an allocation, in the order of addresses. */
const insert = (
  allocations: Allocations,
  count: number,
  life: Lifetime,
  from: number,
  space: number,
): void => {
  let position = count
  while (position > 0 && (allocations.from[position - 1] ?? 0) > from) position--
  for (const column of Object.values(allocations)) column.copyWithin(position + 1, position, count)
  allocations.first[position] = life.first
  allocations.last[position] = life.last
  allocations.from[position] = from
  allocations.to[position] = from + space
}

export interface Arena {
  readonly offsets: ReadonlyMap<Buffer, number>
  readonly bytes: number
}

/**
 * Allocates the largest buffers first, each in the lowest gap that is free for its whole lifetime.
 *
 * Law     buffers with overlapping lifetimes never overlap in memory
 * Source  Pisarchyk and Lee 2020, greedy by size
 */
export const layBuffers = (lives: ReadonlyMap<Buffer, Lifetime>): Arena => {
  const offsets = new Map<Buffer, number>()
  const allocations = emptyAllocations(lives.size)
  const bySize = [...lives].sort(([a], [b]) => b.floats - a.floats)
  let bytes = 0
  for (const [buffer, life] of bySize) {
    const space = spaceOf(buffer)
    const from = findGap(space, life, allocations, offsets.size)
    insert(allocations, offsets.size, life, from, space)
    offsets.set(buffer, from)
    bytes = Math.max(bytes, from + space)
  }
  return { offsets, bytes }
}
