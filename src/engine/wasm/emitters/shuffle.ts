/** Emits channel shuffles: a few columns of channels, each moved on its own. */
import { channelsOf, sizeOf } from '../../../net/shape.js'
import { bytesOf, step } from '../planning/buffers.js'
import { type Emitter, nth } from './emitter.js'

/**
 * Moves neighbours together, and spreads them out, or gathers what lies apart first: of groups and their channels,
 * whichever are fewer, are moved at a time.
 */
export const shuffle: Emitter<'shuffle'> = ({ value: { op, shape }, inputs, output }) => {
  const channels = channelsOf(shape)
  const rows = sizeOf(shape) / channels
  const columns = Math.min(op.groups, channels / op.groups)
  const length = channels / columns
  return {
    work: [rows * length],
    steps: (at, [work = 0]) =>
      Array.from({ length: columns }, (_, column) => {
        const [neighbours, apart] = [bytesOf(column * length), bytesOf(column)]
        const [from, to] = [at(nth(inputs, 0)), at(output)]
        return columns === op.groups
          ? [
              step('move', rows, from + neighbours, bytesOf(channels), work, bytesOf(length), length),
              step('move', rows * length, work, bytesOf(1), to + apart, bytesOf(columns), 1),
            ]
          : [
              step('move', rows * length, from + apart, bytesOf(columns), work, bytesOf(1), 1),
              step('move', rows, work, bytesOf(length), to + neighbours, bytesOf(channels), length),
            ]
      }).flat(),
  }
}
