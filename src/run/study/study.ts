/** A study as data: experiments against each other, each with several seeds. */
import { optionsOf, unknownIn, withArity } from '../../net/words/options.js'
import type { Experiment, PlannedExperiment } from '../schedule/experiment.js'

/** A study that is written may name models, which are read when it is loaded. */
type AnyExperiment = Experiment | PlannedExperiment

/** One of the experiments compared. */
export interface Variant<E extends AnyExperiment = Experiment> {
  readonly name: string
  /** The factors in which it differs from the others, for tables and figures. */
  readonly facts: Readonly<Record<string, string | number>>
  readonly experiment: E
  /** Whether the net at its end is also trained from its first weights, for as many epochs. */
  readonly scratch: boolean
}

/** What a variant's shape, trained from its first weights, is called. */
export const scratchName = (name: string): string => `${name} from scratch`

/** Experiments to compare, each with several seeds. */
export interface Study<E extends AnyExperiment = Experiment> {
  readonly _tag: 'study'
  readonly name: string
  readonly seeds: number
  readonly variants: readonly Variant<E>[]
}

/** A variant as it is written. */
export type VariantOptions<E extends AnyExperiment = Experiment> = Omit<Variant<E>, 'scratch' | 'facts'> &
  Partial<Variant<E>>

/** The study of experiments, some of which may begin with models in files. */
export interface StudyWord {
  (name: string, options: { readonly seeds?: number }, variants: readonly VariantOptions[]): Study
  (
    name: string,
    options: { readonly seeds?: number },
    variants: readonly VariantOptions<AnyExperiment>[],
  ): Study<AnyExperiment>
}

/** Compares experiments by name, each with several seeds: 3 by default. */
export const study: StudyWord = withArity(
  3,
  (
    name: string,
    options: { readonly seeds?: number },
    variants: readonly VariantOptions<AnyExperiment>[],
  ): Study<AnyExperiment> => {
    const { seeds = 3, ...rest } = optionsOf(options)
    return {
      _tag: 'study',
      name,
      seeds,
      variants: variants.map(variant => ({ facts: {}, scratch: false, ...optionsOf(variant) })),
      ...unknownIn(rest),
    }
  },
) as StudyWord // variants of one kind stay of that kind
