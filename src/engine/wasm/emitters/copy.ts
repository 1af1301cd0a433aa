/** Emits copies: of whole values, of some channels, of branches side by side, and of channels in another order. */
import { channelsBefore, type OpOf, type Value } from '../../../graph/graph.js'
import { channelsOf, type Shape, sizeOf } from '../../../net/shape.js'
import { bytesOf, channelsFrom, isFlat, type Place, step } from '../planning/buffers.js'
import { type Emitted, type Emitter, nth, shapeOf } from './emitter.js'

/** Copies rows from one place to another, at once where neither has gaps. */
export const copy = (shape: Shape, inputs: readonly Place[], output: Place): Emitted => {
  const from = nth(inputs, 0)
  const width = shape.length === 0 ? 1 : channelsOf(shape)
  const flat = isFlat(shape, from) && isFlat(shape, output)
  return {
    steps: at => [
      flat
        ? step('move', 1, at(from), 0, at(output), 0, sizeOf(shape))
        : step('move', sizeOf(shape) / width, at(from), from.ld, at(output), output.ld, width),
    ],
  }
}

export const slice = (
  { op, shape }: Value & { readonly op: OpOf<'slice'> },
  inputs: readonly Place[],
  output: Place,
): Emitted => copy(shape, [channelsFrom(op.from, nth(inputs, 0))], output)

/** Copies each input to its channels of the output, unless it was written there. */
export const concat: Emitter<'concat'> = ({ value, inputs, output }) => {
  const rows = sizeOf(value.shape) / channelsOf(value.shape)
  return {
    steps: at =>
      inputs.flatMap((input, i) => {
        const to = at(channelsFrom(channelsBefore(value.inputs, i), output))
        return at(input) === to
          ? []
          : [step('move', rows, at(input), input.ld, to, output.ld, channelsOf(shapeOf(value, i)))]
      }),
  }
}

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
