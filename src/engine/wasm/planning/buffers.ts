/** Where numbers are: in buffers whose addresses are not yet known, whole or as some of the channels of each row. */
import { channelsOf, type Shape, sizeOf } from '../../../net/shape.js'

/** A stretch of memory that will be; two buffers are the same only if they are one object. */
export interface Buffer {
  readonly floats: number
  /** Whether it outlives the call. */
  readonly lasting: boolean
}

/** Room for a while. */
export const room = (floats: number): Buffer => ({ floats, lasting: false })

export interface Place {
  readonly buffer: Buffer
  /** Bytes from the buffer's start. */
  readonly offset: number
  /** Bytes from one row (all but the last axis) to the next. */
  readonly ld: number
}

export const bytesOf = (floats: number): number => 4 * floats

/** All of a buffer of its own, for values of this shape. */
export const whole = (shape: Shape, buffer: Buffer = room(sizeOf(shape))): Place => ({
  buffer,
  offset: 0,
  ld: bytesOf(shape.length === 0 ? 1 : channelsOf(shape)),
})

/** The channels from `first` on, of each row. */
export const channelsFrom = (first: number, { buffer, offset, ld }: Place): Place => ({
  buffer,
  offset: offset + bytesOf(first),
  ld,
})

/** Whether rows of this shape follow one another without a gap. */
export const isFlat = (shape: Shape, { ld }: Place): boolean =>
  shape.length < 2 || ld === bytesOf(channelsOf(shape))

/** One call of a kernel: `units` can be shared out among threads. */
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
