/** Addresses for buffers that live for a while: those that never live at once may share memory. */
import type { Buffer } from './buffers.js'

/** From the first task that touches a buffer to the last, both included. */
export interface Lifetime {
  readonly first: number
  readonly last: number
}

/** Whole vectors, and no two buffers on one cache line. */
const alignment = 64

const aligned = (bytes: number): number => Math.ceil(bytes / alignment) * alignment

export const spaceOf = ({ floats }: Buffer): number => aligned(4 * floats)

/** What is laid already, in the order of addresses, as columns: every new buffer walks past all of it. */
interface Laid {
  readonly first: Int32Array
  readonly last: Int32Array
  readonly from: Float64Array
  readonly to: Float64Array
}

const noneLaid = (size: number): Laid => ({
  first: new Int32Array(size),
  last: new Int32Array(size),
  from: new Float64Array(size),
  to: new Float64Array(size),
})

/** The lowest gap that holds `space` between the first `naturalNumber` that live at the same time. */
const gapFor = (space: number, life: Lifetime, { first, last, from, to }: Laid, count: number): number => {
  let gap = 0
  for (let i = 0; i < count; i++) {
    if ((first[i] ?? 0) > life.last || (last[i] ?? 0) < life.first) continue
    if ((from[i] ?? 0) - gap >= space) break
    gap = Math.max(gap, to[i] ?? 0)
  }
  return gap
}

/** Puts a buffer behind those that begin no later. */
const insert = (laid: Laid, count: number, life: Lifetime, from: number, space: number): void => {
  let place = count
  while (place > 0 && (laid.from[place - 1] ?? 0) > from) place--
  for (const column of Object.values(laid)) column.copyWithin(place + 1, place, count)
  laid.first[place] = life.first
  laid.last[place] = life.last
  laid.from[place] = from
  laid.to[place] = from + space
}

export interface Arena {
  readonly offsets: ReadonlyMap<Buffer, number>
  readonly bytes: number
}

/**
 * Lays the largest buffers first, each in the lowest gap that is free for all its life.
 *
 * Law     buffers whose lives meet never overlap
 * Source  Pisarchyk and Lee 2020, greedy by size
 */
export const layBuffers = (lives: ReadonlyMap<Buffer, Lifetime>): Arena => {
  const offsets = new Map<Buffer, number>()
  const laid = noneLaid(lives.size)
  const bySize = [...lives].sort(([a], [b]) => b.floats - a.floats)
  let bytes = 0
  for (const [buffer, life] of bySize) {
    const space = spaceOf(buffer)
    const from = gapFor(space, life, laid, offsets.size)
    insert(laid, offsets.size, life, from, space)
    offsets.set(buffer, from)
    bytes = Math.max(bytes, from + space)
  }
  return { offsets, bytes }
}
