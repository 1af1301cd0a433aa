/** The words that make the steps of a schedule; `grow` has a file of its own. */
import {
  type AlignTerms,
  type Distill,
  type FadeOptions,
  fadeDefaults,
  pushDefaults,
  trainDefaults,
} from '../../learn/options.js'
import { constant } from '../../learn/training/learning-rate.js'
import { optionsOf, unknownIn, withArity, withDefaults } from '../../net/words/options.js'
import type { CountedTarget, Target } from '../../surgery/prune/target.js'
import type {
  GrowthBudget,
  Initialize,
  Prune,
  PruneWhileTraining,
  Push,
  Regrow,
  Rounds,
  ScheduleStep,
  Train,
} from './steps.js'
import { pruneDefaults } from './words/prune-defaults.js'
import { type PruneWhileTrainingWord, pruneWhileTraining } from './words/prune-while-training.js'
import { splitTarget, targetKeys, type WithTarget } from './words/target-options.js'
import { parseWithin, type WithinWord } from './words/within.js'

export type { PruneWhileTrainingWord } from './words/prune-while-training.js'
export type { WithTarget } from './words/target-options.js'
export type { Within, WithinWord } from './words/within.js'

/**
 * Training with the net before pruning as teacher; an error where nothing was pruned before.
 *
 * Source  Hinton, Vinyals, Dean 2015; temperature 3 and weight 0.7 are this project's own
 */
export const distill: Distill = { temperature: 3, weight: 0.7 }

/**
 * Sets weights by rules, before anything trains: by default convolutions begin as the identity.
 *
 * @example
 * initialize({ whiten: 'stem' })   // then train({ freeze: ['stem'] })
 */
export const initialize = withArity(
  1,
  (options: Partial<Omit<Initialize, '_tag'>> = {}): Initialize => ({
    _tag: 'initialize',
    dirac: true,
    whiten: null,
    images: 1000,
    ...optionsOf(options),
  }),
)

/** What `train` takes: the cut inside it by the parts that differ from the default; `null` for none. */
export type TrainStepOptions = Partial<Omit<Train, '_tag' | 'prune'>> & {
  readonly prune?: PruneWhileTrainingWord | PruneWhileTraining | null
}

/**
 * Trains for some epochs: SGD with Nesterov momentum at rate 0.1, by default, warmed up and decayed along a cosine. With
 * `prune` it cuts the net on the way, once the channels that would stay are stable from epoch to epoch, and goes on with
 * the same rate schedule.
 *
 * Source  Ghimire et al. 2025 (OCSPruner, arXiv 2501.13439) for the cut where the surviving channels are stable
 *
 * @example
 * train({ epochs: 8, batchSize: 64, labelSmoothing: 0.1 })
 * train({ epochs: 20, prune: { keep: { macs: 0.25 } } })
 * train({ epochs: 20, prune: { keep: { macs: 0.25 }, by: 'taylor', from: 3, until: 10, stable: 0.01 } })
 */
export const train = withArity(1, (options: TrainStepOptions = {}): Train => {
  const { prune: cut = null, ...others } = optionsOf(options)
  const training = { ...trainDefaults, distill: null, ...others }
  return {
    _tag: 'train',
    ...training,
    ...(cut !== null && { prune: pruneWhileTraining(cut, training.epochs) }),
  }
})

/** What `push` takes: the fade and the alignment by the parts that differ from the default. */
export type PushStepOptions = Partial<Omit<Push, '_tag' | 'target' | 'align' | 'fade'>> & {
  readonly align?: Partial<AlignTerms>
  readonly fade?: Partial<FadeOptions> | null
} & WithTarget<CountedTarget>

/** What `prune` takes. */
export type PruneStepOptions = Partial<Omit<Prune, '_tag' | 'target'>> & WithTarget<Target>

/**
 * Trains while the useful work moves onto few channels: those to be cut fade to zero, and alignment terms, where they
 * are given, make features separate the classes, without correlation, and few of them do it.
 *
 * @example
 * push({ epochs: 2 })                                     // off the channels to be cut
 * push({ epochs: 2, align: alignment, fade: null })     // onto few features
 */
export const push = withArity(1, (options: PushStepOptions = {}): Push => {
  const { target, rest } = splitTarget(optionsOf(options))
  const { align = {}, fade = {}, ...others } = rest
  const defaults = { ...pushDefaults, lrSchedule: constant(), distill: null }
  return {
    _tag: 'push',
    target: target as CountedTarget | null, // the codec refuses a latency
    ...withDefaults<Omit<Push, '_tag' | 'target'>>(defaults, others, targetKeys),
    align: { ...pushDefaults.align, ...optionsOf(align) },
    fade: fade === null ? null : { ...fadeDefaults, ...optionsOf(fade) },
  }
})

/**
 * Removes the channels of least utility, down to a target; by default a tenth of each layer that every path goes
 * through stays.
 *
 * @example
 * prune({ keep: { params: 0.3 }, by: 'taylor' })
 * prune({ eta: 0.1, by: 'deconvTrace' })
 * prune({ roundTo: 8, ignore: ['stem'], floor: 0.25 })
 * prune({ atMost: { latency: 0.2 }, by: 'taylor' })
 */
export const prune = withArity(1, (options: PruneStepOptions = {}): Prune => {
  const { target, rest } = splitTarget(optionsOf(options))
  return { _tag: 'prune', target, ...withDefaults(pruneDefaults, rest, targetKeys) }
})

type RoundsWord = { readonly rounds?: number; readonly within?: WithinWord | null }

const roundsKeys = [...targetKeys, 'rounds', 'within']
const whileKeys = ['within', 'eta', 'rounds']

/**
 * Repeats steps until the net has shrunk to the target, round by round in equal ratios.
 *
 * @example
 * untilTarget({ keep: { params: 0.05 }, rounds: 4 }, push({ epochs: 2 }), prune())
 */
export const untilTarget = <const Steps extends readonly ScheduleStep[]>(
  options: CountedTarget & RoundsWord,
  ...steps: Steps
): Rounds<Steps[number]> => {
  const { rounds = 4, within = null, ...others } = optionsOf(options)
  const { target, rest } = splitTarget(others)
  return {
    _tag: 'rounds',
    rounds,
    target: target as CountedTarget, // one is named, and no latency, or the codec refuses it
    within: within === null ? null : parseWithin(within),
    steps,
    ...unknownIn(rest, roundsKeys),
  }
}

/**
 * Repeats steps while the validation accuracy stays within a bound of the accuracy before the first round. The pruning
 * threshold rises by `eta` a round, and the last net within the bound is kept. `within` is a number of points, `0.02` or
 * `'2 points'`, or with `'2%'` a share of the accuracy before.
 *
 * @example
 * whileAccuracy({ within: 0.005, eta: 0.1 }, push({ epochs: 1 }), prune({ by: 'discriminantTrace' }), train({ epochs: 1 }))
 * whileAccuracy({ within: '5%' }, push({ epochs: 1 }), prune(), train({ epochs: 1 }))
 */
export const whileAccuracy = <const Steps extends readonly ScheduleStep[]>(
  options: { readonly within: WithinWord; readonly eta?: number; readonly rounds?: number },
  ...steps: Steps
): Rounds<Steps[number]> => {
  const { within, eta = 0.1, rounds = 20, ...rest } = optionsOf(options)
  return {
    _tag: 'rounds',
    rounds,
    target: { eta: eta * rounds },
    within: parseWithin(within),
    steps,
    ...unknownIn(rest, whileKeys),
  }
}

/** What `regrow` takes. */
export interface RegrowOptions {
  readonly atMost: GrowthBudget
  /** Rounds at most; by default 10. */
  readonly rounds?: number
  /** The least gain of validation accuracy that pays; by default 0.002. */
  readonly minDelta?: number
  /** So many rounds in a row that gain less end it; by default 1. */
  readonly patience?: number
}

const regrowKeys = ['atMost', 'rounds', 'minDelta', 'patience']

/**
 * Prunes and grows in turns at a fixed budget until validation accuracy stops gaining. Each net is kept in the run's
 * folder, and the best one within the budget is the result; a growth inside never exceeds the budget.
 *
 * @example
 * regrow(
 *   { atMost: { params: 20_000 } },
 *   prune({ keep: { params: 0.7 }, by: 'taylor' }),
 *   grow({ widen: 'a', by: 1.5, max: 2 }, train()),
 * )
 */
export const regrow = <const Steps extends readonly ScheduleStep[]>(
  options: RegrowOptions,
  ...steps: Steps
): Regrow<Steps[number]> => {
  const { atMost, rounds = 10, minDelta = 0.002, patience = 1, ...rest } = optionsOf(options)
  return { _tag: 'regrow', rounds, atMost, minDelta, patience, steps, ...unknownIn(rest, regrowKeys) }
}
