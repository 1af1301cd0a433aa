/** The records a schedule is made of: what happens to a model, as data. */
import type { AnyCriterion } from '../../learn/criteria/named-criterion.js'
import type { NewRate } from '../../learn/growth/new-rate.js'
import type { Distill, MaskOptions, PushOptions, TrainOptions } from '../../learn/options.js'
import type { Path } from '../../net/path.js'
import type { Shape } from '../../net/shape.js'
import type { Layer } from '../../net/tree.js'
import type { GrowInit, Growth, GrowthSite } from '../../surgery/grow/options.js'
import type { GrowthRule } from '../../surgery/grow/rule.js'
import type { ConstraintOptions } from '../../surgery/prune/options.js'
import type { Normalize } from '../../surgery/prune/rank.js'
import type { CountedTarget, Target } from '../../surgery/prune/target.js'
import type { GrowthCost } from './growth-cost.js'
import type { Within } from './words/within.js'

export type { GrowthCost } from './growth-cost.js'

/** Sets weights by rules; the optimizer is as new after it. */
export interface Initialize {
  readonly _tag: 'initialize'
  /** Convolutions wider than one pixel begin as the identity. */
  readonly dirac: boolean
  /** The convolution whose filters whiten the patches of the images; `null` for none. */
  readonly whiten: Path | null
  /** Images the whitening looks at. */
  readonly images: number
}

/** Trains the whole net. */
export interface Train extends TrainOptions {
  readonly _tag: 'train'
  /** How much the model before pruning teaches, where there was one. */
  readonly distill: Distill | null
  /** The cut inside the training; absent where there is none. */
  readonly prune?: PruneWhileTraining
}

/**
 * A cut inside a training: after each epoch from `from` on, the channels that it would remove are masked, and shrink; once
 * those that survive are stable, the masked ones are removed, and the training goes on with the same rate schedule. Layers
 * that the training freezes keep their channels.
 */
export interface PruneWhileTraining extends MaskOptions, Omit<Prune, '_tag' | 'target'> {
  readonly target: CountedTarget
}

/**
 * Pushes. `target` is what the prune after it is to leave; `null` takes that prune's own where it goes by the gradient
 * utility, else that of the rounds around it. What that prune is to spare is spared here too.
 */
export interface Push extends PushOptions {
  readonly _tag: 'push'
  readonly target: CountedTarget | null
  readonly distill: Distill | null
}

/** Cuts, and measures batch norm again; what a push has faded goes first. */
export interface Prune extends Required<ConstraintOptions> {
  readonly _tag: 'prune'
  /**
   * `null` takes that of the rounds around it, or that of the push before it. Milliseconds an image are measured on the
   * engine of the run: another time may cut another channel.
   */
  readonly target: Target | null
  readonly by: AnyCriterion
  /** What makes channels of different layers comparable, where the target is an amount; `null` for the criterion's usual. */
  readonly normalize: Normalize | null
  /** The power of its cost a channel's utility is divided by. */
  readonly cost: number
  /** Images the criterion and batch norm look at. */
  readonly images: number
  /** How the net is repaired after the cut, before it trains again. */
  readonly repair: Repair
}

/**
 * - `batchNorm`    batch norm is measured again
 * - `head`         batch norm is measured again, and the last layer is fitted to the logits before the cut
 * - `reconstruct`  every layer is fitted to give what it gave before the cut, by least squares on at most 300 images
 */
export type Repair = 'batchNorm' | 'head' | 'reconstruct'

/** Repeats its steps with a target that tightens from round to round. */
export interface Rounds<S = Step> {
  readonly _tag: 'rounds'
  readonly rounds: number
  /** Reached in the last round, in equal ratios. */
  readonly target: CountedTarget
  /** The validation accuracy that may be lost; a round that loses more is taken back and is the last. */
  readonly within: Within | null
  readonly steps: readonly S[]
}

/** What a net may have at most, counted. */
export type GrowthBudget = { readonly params: number } | { readonly macs: number }

/**
 * Repeats its steps, which prune and grow, at a fixed budget, while validation gains. A round that gains too little is
 * taken back: the next begins with the best net again.
 */
export interface Regrow<S = Step> {
  readonly _tag: 'regrow'
  readonly rounds: number
  /** What growing inside may lead to, and the net at a round's end must be within. */
  readonly atMost: GrowthBudget
  /** Ends after `patience` rounds in a row that gained less validation accuracy than this over the best. */
  readonly minDelta: number
  readonly patience: number
  readonly steps: readonly S[]
}

/** A rule, and how often it is asked at most. */
export interface RuleGrowths {
  readonly rule: GrowthRule
  readonly max: number
}

/** Candidates, of which each time the one grows whose zero weights would get the largest gradient per cost. */
export interface GradientGrowths {
  readonly where: 'gradient'
  readonly candidates: readonly Growth[]
  readonly per: GrowthCost
  readonly max: number
}

/**
 * A list, of which each growth but the first is behind or before the last one, where it names such a site; a rule; or
 * candidates.
 */
export type Growths = readonly Growth[] | RuleGrowths | GradientGrowths

/** Grows one thing after another, and trains after each, while that pays. */
export interface Grow {
  readonly _tag: 'grow'
  /** Where the site of a listed growth was pruned away, nothing grows. */
  readonly growths: Growths
  readonly init: GrowInit
  /** Whether growing must preserve the function: a module that cannot pass its input on is made as wide along one way. */
  readonly exact: boolean
  /** With `noisy`: the new weights' deviation, in deviations of the old ones beside them. */
  readonly noise: number
  /** Ends after `patience` nets in a row that gained less validation accuracy than this over the last that paid. */
  readonly minDelta: number
  readonly patience: number
  /** What a grown net may have at most; latency in milliseconds an image, measured. */
  readonly budget: {
    readonly params: number | null
    readonly macs: number | null
    readonly latency: number | null
  }
  /** What the learning rate of new weights is multiplied by in the first training among the steps; `null` for 1. */
  readonly newRate: NewRate | null
  /** Before the steps: only what is new learns, the optimizer is as new before it and after. */
  readonly warmup: TrainOptions | null
  readonly steps: readonly Step[]
}

/** The first training of a grown net, where only what is new learns. */
export interface Warmup extends TrainOptions {
  readonly _tag: 'warmup'
}

/** One thing that happens to a model. */
export type Step = Initialize | Train | Push | Prune | Rounds | Grow | Regrow

/** A module for a site, or one made from the input shape there; `nth` counts from 0. */
export type ModuleSource = Layer | ((shape: Shape, nth: number) => Layer)

/** Candidates before the net is known. */
export interface PlannedCandidates extends Omit<GradientGrowths, 'candidates'> {
  readonly candidates: readonly GrowthSite<ModuleSource>[]
}

/** What grows, before the net is known: at a site, as often as `max` says, by a rule, or the best of candidates. */
export type GrowthPlan =
  | RuleGrowths
  | PlannedCandidates
  | { readonly site: GrowthSite<ModuleSource>; readonly max: number }

/** Growing as its word gives it; for the net of an experiment it becomes a `Grow`. */
export interface PlannedGrow extends Omit<Grow, 'growths' | 'steps'> {
  readonly plan: GrowthPlan
  readonly steps: readonly ScheduleStep[]
}

/** A step as the words of a schedule give it. */
export type ScheduleStep = Step | PlannedGrow | Rounds<ScheduleStep> | Regrow<ScheduleStep>
