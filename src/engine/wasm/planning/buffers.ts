/** Places of values in buffers without addresses yet: a whole buffer, or some channels of each of its rows. */
import { channelsOf, type Shape, sizeOf } from '../../../net/shape.js'

/** A range of memory without an address yet; buffers are compared by identity. */
export interface Buffer {
  readonly floats: number
  /** Whether it outlives a call. */
  readonly lasting: boolean
  /** Whether no call writes it: a variable that none updates, or what is computed of such variables alone. */
  readonly fixed: boolean
}

/** A temporary buffer. */
export const temporaryBuffer = (floats: number): Buffer => ({ floats, lasting: false, fixed: false })

export interface Place {
  readonly buffer: Buffer
  /** Bytes from the buffer's start. */
  readonly offset: number
  /** Leading dimension: bytes from one row (of the last axis) to the next. */
  readonly ld: number
}

export const bytesOf = (floats: number): number => 4 * floats

/** A whole buffer for a value of this shape, by default a temporary one. */
export const wholePlace = (shape: Shape, buffer: Buffer = temporaryBuffer(sizeOf(shape))): Place => ({
  buffer,
  offset: 0,
  ld: bytesOf(shape.length === 0 ? 1 : channelsOf(shape)),
})

/** The channels of each row from `first` on. */
export const channelsFrom = (first: number, { buffer, offset, ld }: Place): Place => ({
  buffer,
  offset: offset + bytesOf(first),
  ld,
})

/** Whether there are no gaps between rows. */
export const isFlat = (shape: Shape, { ld }: Place): boolean =>
  shape.length < 2 || ld === bytesOf(channelsOf(shape))

/** One kernel call, whose `units` can be divided among threads. */
export interface Step {
  readonly kernel: string
  readonly units: number
  readonly args: readonly number[]
}

export const step = (kernel: string, units: number, ...args: readonly number[]): Step => ({
  kernel,
  units,
  args,
})
