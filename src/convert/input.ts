/** What an exported model can expect as its input. */
import type { Preprocessing } from '../data/preprocessing.js'

/** Every kind of input, for command lines and checks. */
export const inputs = ['raw', 'unit', 'normalised'] as const

/**
 * `raw` pixels from 0 to 255, or `unit`: from 0 to 1, either of which the model normalises itself; `normalised` by the
 * caller, as in training.
 */
export type Input = (typeof inputs)[number]

/** What is exported beside a model's weights. */
export interface Serving {
  /** How the images it was trained on were prepared, and its classes' names. */
  readonly preprocessing?: Preprocessing
  /** By default `raw` where `preprocessing` is given, else `normalised`. */
  readonly input?: Input
}
