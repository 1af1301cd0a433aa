/** Learning-rate schedules: how the rate changes from the first step of a phase to its last. */

import { optionsOf, unknownIn, withArity } from '../../net/words/options.js'

/** `warmup` steps rise linearly from 0, then the shape takes over. */
export type LearningRateSchedule =
  | { readonly _tag: 'constant'; readonly warmup: number }
  /** Multiplied by `factor` at each of these shares of the phase. */
  | {
      readonly _tag: 'step'
      readonly at: readonly number[]
      readonly factor: number
      readonly warmup: number
    }
  /** Half a cosine, from 1 to `floor`. Source  Loshchilov and Hutter 2017 */
  | { readonly _tag: 'cosine'; readonly floor: number; readonly warmup: number }
  /** Linear from `start` up to 1 at the share `peak` of the phase, and down to `floor`. */
  | {
      readonly _tag: 'triangular'
      readonly start: number
      readonly peak: number
      readonly floor: number
      readonly warmup: number
    }

interface Warm {
  readonly warmup?: number
}

/** The same rate throughout. */
export const constant = withArity(1, (options: Warm = {}): LearningRateSchedule => {
  const { warmup = 0, ...rest } = optionsOf(options)
  return { _tag: 'constant', warmup, ...unknownIn(rest) }
})

/** Multiplies the rate by `factor` at each of these shares of the training. */
export const step = withArity(
  1,
  (
    options: Warm & { readonly at?: readonly number[]; readonly factor?: number } = {},
  ): LearningRateSchedule => {
    const { at = [0.5, 0.75], factor = 0.1, warmup = 0, ...rest } = optionsOf(options)
    return { _tag: 'step', at, factor, warmup, ...unknownIn(rest) }
  },
)

/** Half a cosine, down to `floor`. Source  Loshchilov and Hutter 2017 */
export const cosine = withArity(
  1,
  (options: Warm & { readonly floor?: number } = {}): LearningRateSchedule => {
    const { floor = 0, warmup = 20, ...rest } = optionsOf(options)
    return { _tag: 'cosine', floor, warmup, ...unknownIn(rest) }
  },
)

/** Linear from `start` up to the full rate at the share `peak` of the training, then down to `floor`. Source  Smith 2017 */
export const triangular = withArity(
  1,
  (
    options: Warm & { readonly start?: number; readonly peak?: number; readonly floor?: number } = {},
  ): LearningRateSchedule => {
    const { start = 0.2, peak = 0.23, floor = 0.07, warmup = 0, ...rest } = optionsOf(options)
    return { _tag: 'triangular', start, peak, floor, warmup, ...unknownIn(rest) }
  },
)

const between = (from: number, to: number, share: number): number => from + (to - from) * share

/** What the rate is multiplied by at `share` of the phase, 0 to 1. */
const shape = (schedule: LearningRateSchedule, share: number): number => {
  switch (schedule._tag) {
    case 'constant':
      return 1
    case 'step':
      return schedule.factor ** schedule.at.filter(turn => share >= turn).length
    case 'cosine':
      return schedule.floor + ((1 - schedule.floor) * (1 + Math.cos(Math.PI * share))) / 2
    case 'triangular':
      return share < schedule.peak
        ? between(schedule.start, 1, share / schedule.peak)
        : between(1, schedule.floor, (share - schedule.peak) / Math.max(Number.EPSILON, 1 - schedule.peak))
  }
}

/** The factor of the rate at one step of a phase of `steps`. */
export const factorAt =
  (schedule: LearningRateSchedule, steps: number) =>
  (step: number): number =>
    step < schedule.warmup
      ? (step + 1) / schedule.warmup
      : shape(schedule, (step - schedule.warmup) / Math.max(1, steps - schedule.warmup))
