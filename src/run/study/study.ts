/** A study as data: experiments against each other, each with several seeds. */
import { optionsOf, unknownIn } from '../../net/words/options.js'
import type { Experiment } from '../schedule/experiment.js'

/** One thing compared. */
export interface Variant {
  readonly name: string
  /** What tells it from the others, for tables and figures. */
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

/** What studies are made of: experiments by name. */
export const study = (
  name: string,
  options: { readonly seeds?: number },
  entrants: readonly (Omit<Variant, 'scratch' | 'facts'> & Partial<Variant>)[],
): Study => {
  const { seeds = 3, ...rest } = optionsOf(options)
  return {
    _tag: 'study',
    name,
    seeds,
    variants: entrants.map(entrant => ({ facts: {}, scratch: false, ...optionsOf(entrant) })),
    ...unknownIn(rest),
  }
}
