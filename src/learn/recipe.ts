/** Options of training that go together. */
import type { TrainOptions } from './options.js'
import { triangular } from './training/learning-rate.js'

/**
 * Options of `train` and `push` by name. `fast` learns in few epochs: batch norm's scales stay at 1, its shifts learn at 16
 * times the rate, the rate rises for a quarter of the steps and falls to the end, and the averaged weights stay. With it
 * go a first step `initialize({ whiten: 'stem' })`, `freeze: ['stem']`, and `alternatingFlip` of the images.
 *
 * Source  Jordan 2024 (arXiv 2404.00498); the rate and the factor of the shifts are this project's own
 *
 * @example
 * import { recipe } from 'espalier'
 * train({ ...recipe.fast, epochs: 8 })
 */
export const recipe = {
  fast: {
    learningRate: 0.2,
    lrSchedule: triangular(),
    scaleRate: 0,
    shiftRate: 16,
    average: { every: 5, decay: 0.95, lookahead: false },
  },
} satisfies Readonly<Record<string, Partial<TrainOptions>>>
