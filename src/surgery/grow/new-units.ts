/** Which units of a grown net are new: channels whose whole kernel is. Units that only read new channels are old. */
import * as t from 'io-ts'
import { closed, list, naturalNumber } from '../../io/codec.js'
import { type Path, parentPath } from '../../net/path.js'
import { channelsOf } from '../../net/shape.js'
import { isKeyOf } from '../../net/weight-specs.js'
import type { Origin, Remap } from '../remap.js'

/** Channels of a layer that are new, of the `width` that it had once it had grown. */
export interface NewChannels {
  readonly width: number
  readonly channels: readonly number[]
}

/** By layer. */
export type NewUnits = Readonly<Record<Path, NewChannels>>

export const newUnitsCodec: t.Type<NewUnits, unknown> = t.readonly(
  t.record(t.string, closed({ width: naturalNumber, channels: list(naturalNumber) })),
)

const newChannelsOf = ({ from, shape, axes }: Origin): readonly number[] => {
  const last = axes.at(-1) ?? null
  return Array.from({ length: channelsOf(shape) }, (_, channel) => channel).filter(
    channel => from === null || (last !== null && (last[channel] ?? -1) < 0),
  )
}

/** Law  a net that has not grown has none */
export const newUnitsIn = (remap: Remap): NewUnits =>
  Object.fromEntries(
    [...remap].flatMap(([key, origin]) => {
      const channels = isKeyOf('kernel')(key) ? newChannelsOf(origin) : []
      return channels.length === 0 ? [] : [[parentPath(key), { width: channelsOf(origin.shape), channels }]]
    }),
  )
