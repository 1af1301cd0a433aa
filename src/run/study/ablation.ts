/** Ablation: one base net and budget, for every way to push, every criterion and every share removed. */
import type { DataSpec } from '../../data/spec.js'
import { nameOf } from '../../learn/criteria/criteria.js'
import type { AnyCriterion } from '../../learn/criteria/named-criterion.js'
import type { Net } from '../../net/tree.js'
import type { GivenModel } from '../../net/words/from.js'
import { optionsOf, unknownIn, withArity } from '../../net/words/options.js'
import { experiment, type PlannedExperiment } from '../schedule/experiment.js'
import { type PushStepOptions, prune, push } from '../schedule/schedule.js'
import type { Train } from '../schedule/steps.js'
import { type Study, study } from './study.js'

/** What an ablation compares: trainings and criteria, each with each, on one net. */
export interface AblationOptions<N extends Net | GivenModel = Net> {
  readonly net: N
  readonly data: DataSpec
  readonly base: Train
  /** By name; each is a push of `epochs`. */
  readonly trainings: Readonly<Record<string, PushStepOptions>>
  readonly epochs: number
  readonly criteria: readonly AnyCriterion[]
  /** Shares of the parameters to remove. */
  readonly removed: readonly number[]
  /** Training after the cut. */
  readonly repair: Train
  readonly seeds?: number
  /** Criteria whose pruned nets are also trained from scratch. */
  readonly scratch?: readonly AnyCriterion[]
}

const ablationKeys = [
  'net',
  'data',
  'base',
  'trainings',
  'epochs',
  'criteria',
  'removed',
  'repair',
  'seeds',
  'scratch',
] as const satisfies readonly (keyof AblationOptions)[]

/** The share that is kept, without the rounding error of the subtraction. */
const keptShare = (removed: number): number => Number((1 - removed).toFixed(6))

/** The ablation of a net, or of a model in a file. */
export interface AblationWord {
  (name: string, options: AblationOptions): Study
  (name: string, options: AblationOptions<GivenModel>): Study<PlannedExperiment>
}

/** A study with one variant for each training, criterion and share removed; the gradient utility needs a push that fades. */
export const ablation: AblationWord = withArity(2, (name: string, options: AblationOptions): Study => {
  const {
    net,
    data,
    base,
    trainings,
    epochs,
    criteria,
    removed,
    repair,
    seeds = 3,
    scratch = [],
    ...rest
  } = optionsOf(options)
  const variants = Object.entries(trainings).flatMap(([training, word]) =>
    removed.flatMap(share =>
      criteria
        .filter(by => by !== 'gradientUtility' || word.fade !== null)
        .map(by => {
          const target = { keep: { params: keptShare(share) } }
          const pushed = {
            ...push({ epochs, distill: null, ...word }),
            ...(word.fade !== null && { target }),
          }
          return {
            name: `${training} ${nameOf(by)} ${share}`,
            facts: { training, criterion: nameOf(by), removed: share },
            experiment: experiment(net, data, base, pushed, prune({ ...target, by, cost: 0 }), repair),
            scratch: scratch.includes(by),
          }
        }),
    ),
  )
  return {
    ...study(name, { seeds }, variants),
    ...unknownIn(rest, ablationKeys),
    ...(scratch.some(by => !criteria.includes(by)) && { scratch }), // such a study is refused
  }
}) as AblationWord // an experiment of each net is of its own kind
