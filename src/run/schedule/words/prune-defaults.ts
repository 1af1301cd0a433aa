/** What a prune does unless its options say otherwise. */
import type { Prune } from '../steps.js'

/** Of each layer everything passes a tenth of the channels stays: fewer, and the net may answer the same to all. */
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
