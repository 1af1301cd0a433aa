/** The inputs that an exported model can take. */
import type { Preprocessing } from '../data/preprocessing.js'

/** Every kind of input, for command lines and checks. */
export const inputs = ['raw', 'unit', 'normalised'] as const

/**
 * `raw` pixels from 0 to 255 or `unit` pixels from 0 to 1, which the model normalises itself; or images `normalised` by
 * the caller, as in training.
 */
export type Input = (typeof inputs)[number]

/** Options of the exported model's input. */
export interface Serving {
  /** The preprocessing of the training images, and the names of the classes. */
  readonly preprocessing?: Preprocessing
  /** By default `raw` where `preprocessing` is given, else `normalised`. */
  readonly input?: Input
}
