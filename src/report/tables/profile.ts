/** A profile as a table, and what would help. */
import { sumBy } from '../../io/count.js'
import { type Advice, adviceFor, rateOf } from '../../learn/profile/advice.js'
import type { Profile } from '../../learn/profile/profile.js'
import { counted, milliseconds, percent } from '../text/numbers.js'
import { table } from './table.js'

/** Two operations, a product and a sum, for a multiply–accumulate. */
const gflops = (macsPerSecond: number): string => `${((2 * macsPerSecond) / 1e9).toPrecision(3)} GFLOP/s`

const adviceText = (advice: Advice): string => {
  switch (advice._tag) {
    case 'Data':
      return `making batches takes ${percent(advice.share, 0)} of a step where nothing is read ahead: try fewer augmentations or smaller stored images`
    case 'SmallOperations':
      return `operations take ${advice.microseconds.toPrecision(2)} µs each, so calling them counts: try larger batches, or one thread`
    case 'NearPeak':
      return `it runs at ${percent(advice.share, 0)} of the peak: only less work helps, as pruning gives`
    case 'Passes':
      return `passes over memory take ${percent(advice.share, 0)}, ${advice.kind} the most: try smaller maps before it, or fewer of these layers`
    case 'Products':
      return `products run at ${percent(advice.share, 0)} of the peak: try widths that are multiples of 16, larger batches, or another engine`
  }
}

const kindRows = ({ kinds }: Profile): readonly (readonly string[])[] => {
  const whole = sumBy(kinds, ({ milliseconds }) => milliseconds)
  return kinds.map(({ kind, operations, milliseconds: time, macs, bytes }) => [
    kind,
    `${operations}`,
    milliseconds(time),
    percent(time / whole, 0),
    macs === 0 ? '' : gflops((1000 * macs) / time),
    `${(bytes / time / 1e6).toPrecision(3)} GB/s`,
  ])
}

const kindTable = (profile: Profile): readonly string[] =>
  profile.kinds.length === 0
    ? [`${profile.engine.name} does not tell the time of its operations; --engine wasm does`]
    : [table(['on one thread', 'operations', 'time', 'share', 'speed', 'memory'], kindRows(profile))]

/** `what` is profiled: a training step, or inference of so many images. */
export const profileText = (what: string, profile: Profile): string => {
  const { engine, inside, outside, peak } = profile
  const rate = rateOf(profile)
  return [
    `${what} on ${engine.name} with ${counted(engine.threads, 'thread')}: ${milliseconds(inside)} in the engine, ${milliseconds(outside)} outside (${percent(outside / (inside + outside), 0)})`,
    `${gflops(rate)} of ${gflops(peak)}, the fastest product measured here (${percent(rate / peak, 0)})`,
    ...kindTable(profile),
    adviceText(adviceFor(profile)),
  ].join('\n')
}
