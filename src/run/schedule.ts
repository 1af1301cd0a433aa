/** What happens over time, as data: the steps of a schedule and the words that make them. */
import type { Haste } from '../learn/haste.js'
import {
  type CriterionName,
  type Losers,
  losersDefaults,
  type PushOptions,
  pushDefaults,
  type Teaching,
  type Terms,
  type TrainOptions,
  trainDefaults,
} from '../learn/options.js'
import { constant } from '../learn/rate.js'
import type { Net } from '../net/layer.js'
import { optionsOf, unknownIn } from '../net/options.js'
import type { Growth, How } from '../surgery/growth.js'
import type { Guards } from '../surgery/options.js'
import type { Ranking } from '../surgery/rank.js'

/** Trains the whole net. */
export interface Train extends TrainOptions {
  readonly _tag: 'train'
  /** How much the model before pruning teaches, where there was one. */
  readonly teaching: Teaching | null
}

/**
 * What pruning is to leave: a share of what the net has, at most so much, or what is worth `eta` standard deviations
 * of its layer, the paper's threshold.
 */
export type Aim = { readonly keep: Amount } | { readonly atMost: Amount } | { readonly eta: number }

/** Of a net: parameters, multiply–accumulates, or bytes of weights. */
export type Amount = { readonly params: number } | { readonly macs: number } | { readonly bytes: number }

/**
 * Pushes: `aim` is what the prune after it is to leave; `null` takes that prune's own where it goes by the losers, else
 * that of the rounds around it. What that prune is to spare is spared here too.
 */
export interface Push extends PushOptions {
  readonly _tag: 'push'
  readonly aim: Aim | null
  readonly teaching: Teaching | null
}

/** Cuts, and measures batch norm again; what a push has faded goes first. */
export interface Prune extends Required<Guards> {
  readonly _tag: 'prune'
  /**
   * `null` takes that of the rounds around it, or what the push before it was told. Milliseconds an image are measured
   * on the engine of the run: another time may cut another channel.
   */
  readonly aim: Aim | Haste | null
  readonly by: CriterionName
  /** What makes channels of different layers comparable, where the aim is a target; `null` for the criterion's usual. */
  readonly rank: Ranking | null
  /** The power of its cost a channel's utility is divided by. */
  readonly cost: number
  /** Images the criterion and batch norm look at. */
  readonly images: number
}

/** Repeats its steps with an aim that tightens from round to round. */
export interface Rounds<S = Step> {
  readonly _tag: 'rounds'
  readonly rounds: number
  /** Reached in the last round, in equal ratios. */
  readonly until: Aim
  /** The validation accuracy that may be lost; a round that loses more is taken back and is the last. */
  readonly within: number | null
  readonly steps: readonly S[]
}

/** Grows one thing after another, and trains after each, while that pays. */
export interface Grow {
  readonly _tag: 'grow'
  /**
   * The first at its place, each further module behind or before the one grown last, or at the same place; where that
   * is gone, nothing grows.
   */
  readonly growths: readonly Growth[]
  readonly how: How
  /** With `spark`: the new weights' deviation, in deviations of the old ones beside them. */
  readonly spark: number
  /** Ends after `patience` nets in a row that gained less validation accuracy than this over the last that paid. */
  readonly gainBelow: number
  readonly patience: number
  /** What a grown net may have at most; latency in milliseconds an image, measured. */
  readonly budget: {
    readonly params: number | null
    readonly macs: number | null
    readonly latency: number | null
  }
  /** Before the steps: only what is new learns, the optimizer is as new before it and after. */
  readonly warmup: TrainOptions | null
  readonly steps: readonly Step[]
}

/** One thing that happens to a model. */
export type Step = Train | Push | Prune | Rounds | Grow

/** The first training of a grown net, where only what is new learns. */
export interface Warmup extends TrainOptions {
  readonly _tag: 'warmup'
}

/** A step that depends on the net it is for; `experiment` makes it one that does not. */
export type Unresolved = (net: Net) => Step

/** A step as the words of a schedule give it. */
export type Planned = Step | Unresolved | Rounds<Planned>

/** Source  Hinton, Vinyals, Dean 2015; temperature 3 and weight 0.7 are this project's own */
export const teaching: Teaching = { temperature: 3, weight: 0.7 }

/**
 * Trains for some epochs: SGD with Nesterov momentum at rate 0.1, warmed up and let down along a cosine, unless told.
 *
 * @example
 * train({ epochs: 8, batch: 64, smoothing: 0.1 })
 */
export const train = (options: Partial<Omit<Train, '_tag'>> = {}): Train => ({
  _tag: 'train',
  ...trainDefaults,
  teaching: null,
  ...optionsOf(options),
})

/** What `push` takes: terms and losers by the parts that differ from the default. */
export type PushWord = Partial<Omit<Push, '_tag' | 'terms' | 'losers'>> & {
  readonly terms?: Partial<Terms>
  readonly losers?: Partial<Losers> | null
}

/**
 * Trains while useful work moves onto few neurons: the losers of the round are faded to zero, and the terms asked
 * for pull features apart, out of correlation and together.
 *
 * @example
 * push({ epochs: 2 })                                     // out of the losers
 * push({ epochs: 2, terms: alignment, losers: null })     // onto few features
 */
export const push = (options: PushWord = {}): Push => {
  const { terms = {}, losers = {}, ...rest } = optionsOf(options)
  return {
    _tag: 'push',
    ...pushDefaults,
    schedule: constant(),
    aim: null,
    teaching: null,
    ...rest,
    terms: { ...pushDefaults.terms, ...optionsOf(terms) },
    losers: losers === null ? null : { ...losersDefaults, ...optionsOf(losers) },
  }
}

/** Of each layer everything passes a tenth of the channels stays: fewer, and the net may answer the same to all. */
export const defaultFloor = 0.1

/**
 * Cuts what is worth least, but of each layer that everything passes leaves a tenth, unless told.
 *
 * @example
 * prune({ aim: { keep: { params: 0.3 } }, by: 'taylor' })
 * prune({ aim: { eta: 0.1 }, by: 'deconv' })
 * prune({ multiple: 8, ignore: ['stem'], floor: 0.25 })
 * prune({ aim: { atMost: { latency: 0.2 } }, by: 'taylor' })
 */
export const prune = (options: Partial<Omit<Prune, '_tag'>> = {}): Prune => ({
  _tag: 'prune',
  aim: null,
  by: 'losers',
  rank: null,
  cost: 0.5,
  images: 1000,
  minimum: 0,
  floor: defaultFloor,
  multiple: 1,
  protect: [],
  ignore: [],
  ...optionsOf(options),
})

type RoundsWord = { readonly rounds?: number; readonly within?: number | null }

const aimKeys: readonly string[] = ['keep', 'atMost', 'eta']
const targetKeys = [...aimKeys, 'rounds', 'within']
const whileKeys = ['within', 'eta', 'rounds']

const isAim = (key: string): boolean => aimKeys.includes(key)

/** What of options is an aim, and what is none. */
const aimIn = (options: Aim): { readonly until: Aim; readonly rest: object } => {
  const entries = Object.entries(options)
  const until = Object.fromEntries(entries.filter(([key]) => isAim(key)))
  return {
    until: until as Aim, // by these keys it is one, or is refused
    rest: Object.fromEntries(entries.filter(([key]) => !isAim(key))),
  }
}

/**
 * Repeats steps until the net has shrunk to the aim, round by round in equal ratios.
 *
 * @example
 * untilTarget({ keep: { params: 0.05 }, rounds: 4 }, push({ epochs: 2 }), prune())
 */
export const untilTarget = <const Steps extends readonly Planned[]>(
  options: Aim & RoundsWord,
  ...steps: Steps
): Rounds<Steps[number]> => {
  const { rounds = 4, within = null, ...aim } = optionsOf(options)
  const { until, rest } = aimIn(aim)
  return { _tag: 'rounds', rounds, until, within, steps, ...unknownIn(rest, targetKeys) }
}

/**
 * Repeats steps while the validation accuracy stays within a bound of where it began: the threshold rises by `eta` a
 * round, and the last net within the bound is what stays.
 *
 * @example
 * whileAccuracy({ within: 0.005, eta: 0.1 }, push({ epochs: 1 }), prune({ by: 'discriminant' }), train({ epochs: 1 }))
 */
export const whileAccuracy = <const Steps extends readonly Planned[]>(
  options: { readonly within: number; readonly eta?: number; readonly rounds?: number },
  ...steps: Steps
): Rounds<Steps[number]> => {
  const { within, eta = 0.1, rounds = 20, ...rest } = optionsOf(options)
  return {
    _tag: 'rounds',
    rounds,
    until: { eta: eta * rounds },
    within,
    steps,
    ...unknownIn(rest, whileKeys),
  }
}
