/** Where images come from, as data: the words an experiment names its data with. */
import type { Augmentation } from './augment.js'

/** Mean and deviation a channel, of values in 0–1. */
export interface Normaliser {
  readonly mean: readonly number[]
  readonly deviation: readonly number[]
}

interface Common {
  readonly name: string
  /** Training images kept for choices: a share below 1, or a number of images; the same share of each class. */
  readonly validation: number
  /** In this order, on training images only. */
  readonly augment: readonly Augmentation[]
  /** By default measured on the training images. */
  readonly normalise: Normaliser | null
}

export interface Glyphs extends Common {
  readonly _tag: 'glyphs'
  /** The seed they are drawn by, whatever the run's seed is. */
  readonly drawn: number
  /** Images drawn for training and validation. */
  readonly train: number
  /** Images drawn for the test. */
  readonly test: number
}

export interface Mnist extends Common {
  readonly _tag: 'mnist'
}

export type DataSpec = Glyphs | Mnist

/** What every data word takes. */
export type DataOptions = Partial<Common>

const common = (name: string, options: DataOptions): Common => ({
  name: options.name ?? name,
  validation: options.validation ?? 0.1,
  augment: Object.freeze([...(options.augment ?? [])]),
  normalise: options.normalise ?? null,
})

/** Ten invented signs, drawn from the seed: 28×28×1, nothing to download. */
export const glyphs = (
  options: DataOptions & Partial<Pick<Glyphs, 'drawn' | 'train' | 'test'>> = {},
): Glyphs =>
  Object.freeze({
    _tag: 'glyphs' as const,
    ...common('glyphs', options),
    drawn: options.drawn ?? 0,
    train: options.train ?? 5000,
    test: options.test ?? 1000,
  })

/**
 * MNIST, or any set in its four IDX files, packed or not.
 *
 * @example
 * mnist({ augment: [shift(2)] })
 */
export const mnist = (options: DataOptions = {}): Mnist =>
  Object.freeze({ _tag: 'mnist' as const, ...common('mnist', options) })
