/** A study as data: experiments against each other, each with several seeds. */
import { optionsOf, unknownIn, withArity } from '../../net/words/options.js'
import type { Experiment } from '../schedule/experiment.js'

/** One of the experiments compared. */
export interface Variant {
  readonly name: string
  /** The factors in which it differs from the others, for tables and figures. */
  readonly facts: Readonly<Record<string, string | number>>
  readonly experiment: Experiment
  /** Whether the net at its end is also trained from its first weights, for as many epochs. */
  readonly scratch: boolean
}

export interface Study {
  readonly _tag: 'study'
  readonly name: string
  readonly seeds: number
  readonly variants: readonly Variant[]
}

/** Compares experiments by name, each with several seeds: 3 unless told. */
export const study = withArity(
  3,
  (
    name: string,
    options: { readonly seeds?: number },
    variants: readonly (Omit<Variant, 'scratch' | 'facts'> & Partial<Variant>)[],
  ): Study => {
    const { seeds = 3, ...rest } = optionsOf(options)
    return {
      _tag: 'study',
      name,
      seeds,
      variants: variants.map(variant => ({ facts: {}, scratch: false, ...optionsOf(variant) })),
      ...unknownIn(rest),
    }
  },
)
