/** Addresses for buffers that live for a while: those that never live at once may share memory. */
import type { Buffer } from './place.js'

/** From the first task that touches a buffer to the last, both included. */
export interface Life {
  readonly first: number
  readonly last: number
}

/** Whole vectors, and no two buffers on one cache line. */
const alignment = 64

const aligned = (bytes: number): number => Math.ceil(bytes / alignment) * alignment

export const spaceOf = ({ floats }: Buffer): number => aligned(4 * floats)

interface Laid extends Life {
  readonly from: number
  readonly to: number
}

const meet = (a: Life, b: Life): boolean => a.first <= b.last && b.first <= a.last

/** The lowest gap that holds `space` between those laid already, in order, that live at the same time. */
const gapFor = (space: number, life: Life, laid: readonly Laid[]): number => {
  let from = 0
  for (const other of laid) {
    if (!meet(life, other)) continue
    if (other.from - from >= space) break
    from = Math.max(from, other.to)
  }
  return from
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
export const lay = (lives: ReadonlyMap<Buffer, Life>): Arena => {
  const offsets = new Map<Buffer, number>()
  const laid: Laid[] = []
  const bySize = [...lives].sort(([a], [b]) => b.floats - a.floats)
  for (const [buffer, life] of bySize) {
    const space = spaceOf(buffer)
    const from = gapFor(space, life, laid)
    offsets.set(buffer, from)
    laid.splice(laid.findLastIndex(other => other.from <= from) + 1, 0, { ...life, from, to: from + space })
  }
  return { offsets, bytes: laid.reduce((most, { to }) => Math.max(most, to), 0) }
}
