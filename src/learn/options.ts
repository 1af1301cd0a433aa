/** What learning is told, as data: the options of train and push, the criteria by name. Nothing here learns. */
import { type Optimizer, sgd } from '../graph/optimizer.js'
import type { Widths } from '../surgery/analysis/trunk.js'
import type { ByTarget, ByThreshold, Constraining } from '../surgery/prune/options.js'
import type { Normalize, Utilities } from '../surgery/prune/rank.js'
import type { TargetOptions } from '../surgery/prune/target.js'
import { cosine, type Schedule } from './training/rate.js'

/** How to train, as data. */
export interface TrainOptions {
  readonly epochs: number
  /** Images a step. */
  readonly batchSize: number
  /** The learning rate the schedule multiplies. */
  readonly learningRate: number
  readonly lrSchedule: Schedule
  readonly optimizer: Optimizer
  /** Share of each target moved to all classes. */
  readonly labelSmoothing: number
  /** The largest common norm of the gradients; `null` for none. */
  readonly clipNorm: number | null
  /** Every batch holds each class equally often. */
  readonly balanced: boolean
}

/** Nesterov momentum at rate 0.1, warmed up and let down along a cosine, 100 images a step. */
export const trainDefaults: TrainOptions = {
  epochs: 1,
  batchSize: 100,
  learningRate: 0.1,
  lrSchedule: cosine(),
  optimizer: sgd(),
  labelSmoothing: 0,
  clipNorm: null,
  balanced: false,
}

/** How much a student listens to its teacher, as data. */
export interface Distill {
  readonly temperature: number
  /** Share of the teacher's answers in the objective, 0 to 1. */
  readonly weight: number
}

/** What a cut is to leave: a target, or the channels worth at least so many deviations. */
export type Aim = TargetOptions | { readonly eta: number }

/** A cut to come, all but what channels are worth. */
export interface Cut extends Constraining {
  readonly target: Aim
  /** What the floor is a share of, by path; by default the widths the net has. */
  readonly widths?: Widths
  /** Where the target is a target; by default `'raw'`, as suits effects on the loss. */
  readonly normalize?: Normalize
}

/** A cut by what channels are worth, as surgery takes it. */
export const pruneOptions = (
  { target, normalize = 'raw', ...guards }: Cut,
  by: Utilities,
): ByTarget | ByThreshold =>
  'eta' in target ? { ...target, ...guards, by } : { ...target, ...guards, by, normalize }

/** How losers are found and faded, as data. */
export interface FadeOptions {
  /** λ of λ·Σ|γ|. */
  readonly l1: number
  /** Share of the phase after which they are told from the others. */
  readonly from: number
  /** Share of the phase at which they give nothing. */
  readonly until: number
  /** The power of a channel's cost its utility is divided by. */
  readonly cost: number
  /** What of the old utility stays at each step. */
  readonly decay: number
}

/** What held the most on validation: scales are left alone, since making them small cost CIFAR-10 three points. */
export const fadeDefaults: FadeOptions = { l1: 0, from: 0.3, until: 0.92, cost: 0.5, decay: 0.95 }

/** The weight of each term of the objective; 0 leaves it out. */
export interface AlignTerms {
  /** α of separation feature by feature. */
  readonly axis: number
  /** α of separation in any direction. */
  readonly ridge: number
  /** β of the correlation within classes. */
  readonly correlation: number
  /** γ of compactness of the pre-decision features. */
  readonly compactness: number
  /** γλ of the mean compactness of all units' pooled outputs. */
  readonly units: number
}

/** How to push, as data: how to train, and what pulls beside the loss. */
export interface PushOptions extends TrainOptions {
  readonly align: AlignTerms
  /** Share of the phase over which the terms rise from 0 to their weights. */
  readonly ramp: number
  /** `null` leaves them where they are. */
  readonly fade: FadeOptions | null
}

/** No term but the losers: the recipe that was found to hold the most. */
export const noTerms: AlignTerms = { axis: 0, ridge: 0, correlation: 0, compactness: 0, units: 0 }

/** Separation axis by axis, correlation and compactness together: features in line with few neurons. */
export const alignment: AlignTerms = { axis: 0.1, ridge: 0, correlation: 2, compactness: 1, units: 3 }

/** Training as usual, balanced and clipped, and out of the losers. */
export const pushDefaults: PushOptions = {
  ...trainDefaults,
  balanced: true,
  clipNorm: 5,
  align: noTerms,
  ramp: 0.3,
  fade: fadeDefaults,
}

/**
 * - `random`, `l1`, `l2`, `bnScale`  from the weights alone
 * - `taylor`                           first-order effect on the loss (Molchanov et al. 2019)
 * - `lda`                              class separation of each channel alone
 * - `deconvTrace`                           the papers' trace
 * - `discriminantTrace`, `gradientTrace`         the trace from class-discriminative responses, this project's own
 * - `gradientUtility`                           what the slopes of the push before it have shown
 */
export type CriterionName =
  | 'random'
  | 'l1'
  | 'l2'
  | 'bnScale'
  | 'taylor'
  | 'lda'
  | 'deconvTrace'
  | 'discriminantTrace'
  | 'gradientTrace'
  | 'gradientUtility'

/**
 * How a criterion's numbers are best made comparable across layers: effects on the loss already are, weights nowhere
 * are. Measured with the usual floor on LeNet-5 as Caffe has it, a plain CNN and the net of `dsl/mnist.ts`: of L1, its
 * layers' norms left the plain one 82 %, the share of each group 93 %.
 */
export const defaultNormalize: { readonly [N in CriterionName]: Normalize } = {
  random: 'raw',
  l1: 'layer',
  l2: 'layer',
  bnScale: 'raw',
  taylor: 'raw',
  lda: 'global',
  deconvTrace: 'eta',
  discriminantTrace: 'eta',
  gradientTrace: 'global',
  gradientUtility: 'raw',
}
