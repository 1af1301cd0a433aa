/** What a prune does unless its options say otherwise. */
import type { Prune } from '../steps.js'

/**
 * The share of channels that stays in each layer that every path goes through; with fewer, a net may give every image
 * the same answer.
 */
export const defaultFloor = 0.1

export const pruneDefaults: Omit<Prune, '_tag' | 'target'> = {
  by: 'gradientUtility',
  normalize: null,
  cost: 0.5,
  images: 1000,
  repair: 'batchNorm',
  minChannels: 0,
  floor: defaultFloor,
  roundTo: 'auto',
  freeze: [],
  ignore: [],
}
