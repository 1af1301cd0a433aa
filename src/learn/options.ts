/** The options of learning, as data: of train and push, of a prune to come, and the criteria by name. */
import type { Mix } from '../data/pipeline/mix.js'
import { type Optimizer, sgd } from '../graph/optimizer.js'
import type { Path } from '../net/path.js'
import type { Widths } from '../surgery/analysis/trunk.js'
import type { ByTarget, ByThreshold, ConstraintOptions } from '../surgery/prune/options.js'
import type { Normalize, Utilities } from '../surgery/prune/rank.js'
import type { CountedTarget } from '../surgery/prune/target.js'
import type { PushTerm } from './push/push-term.js'
import { cosine, type LearningRateSchedule } from './training/learning-rate.js'

/** How much an image counts in the loss by its class: all classes alike, or by name, 1 where a class is not named. */
export type ClassWeights = 'balanced' | Readonly<Record<string, number>>

/** How to train, as data. */
export interface TrainOptions {
  readonly epochs: number
  /** Images a step. */
  readonly batchSize: number
  /** The learning rate the schedule multiplies. */
  readonly learningRate: number
  readonly lrSchedule: LearningRateSchedule
  readonly optimizer: Optimizer
  /** Share of each target moved to all classes. */
  readonly labelSmoothing: number
  /** The largest common norm of the gradients; `null` for none. */
  readonly clipNorm: number | null
  /** Every batch holds each class equally often. */
  readonly balanced: boolean
  /** `null`: every image counts the same. */
  readonly classWeights: ClassWeights | null
  /** Layers, with all inside them, that do not learn: their batch norm normalises by its running statistics. */
  readonly freeze: readonly Path[]
  /** What the learning rate is multiplied by for batch norm's scales and shifts; 0 leaves them as they are. */
  readonly scaleRate: number
  readonly shiftRate: number
  /** Averages of the weights along the way, in their place at the end, with batch norm measured again; `null` for none. */
  readonly average: Average | null
  /** Images mixed in pairs, with their targets; `null` for none. */
  readonly mix: Mix | null
  /**
   * Whether the weights of the epoch of the best validation accuracy stay; the optimizer is as new where it was not the
   * last.
   */
  readonly restoreBest: boolean
  /** Ends after so many epochs in a row without a better validation accuracy; `null` for never. Source  Prechelt 1998 */
  readonly patience: number | null
  /** Batches a step of the optimizer, which goes by the mean of their gradients; batch norm normalises each batch. */
  readonly accumulate: number
}

/** Averages of weights: of those at every `every`th step, the older ones counting `decay` as much a step. */
export interface Average {
  readonly every: number
  readonly decay: number
  /** Whether training goes on from each average. Source  Zhang et al. 2019 */
  readonly lookahead: boolean
}

/** Nesterov momentum at learning rate 0.1, with warm-up and cosine decay, 100 images a step. */
export const trainDefaults: TrainOptions = {
  epochs: 1,
  batchSize: 100,
  learningRate: 0.1,
  lrSchedule: cosine(),
  optimizer: sgd(),
  labelSmoothing: 0,
  clipNorm: null,
  balanced: false,
  classWeights: null,
  freeze: [],
  scaleRate: 1,
  shiftRate: 1,
  average: null,
  mix: null,
  restoreBest: false,
  patience: null,
  accumulate: 1,
}

/** Distillation: the temperature, and how much the teacher counts. */
export interface Distill {
  readonly temperature: number
  /** Share of the distillation loss in the objective, 0 to 1. */
  readonly weight: number
}

/** A prune that follows a push: its options without the utilities. */
export type PlannedPrune = CountedTarget &
  ConstraintOptions & {
    /** The widths that the floor is a share of, by path; by default those of the net. */
    readonly widths?: Widths
    /** Unless the target is `eta`; by default `'raw'`, as suits effects on the loss. */
    readonly normalize?: Normalize
  }

/** The options of a prune by utilities. */
export const pruneOptions = (
  { normalize = 'raw', ...planned }: PlannedPrune,
  by: Utilities,
): ByTarget | ByThreshold => ('eta' in planned ? { ...planned, by } : { ...planned, by, normalize })

/** Fading: how channels are marked and faded to zero. */
export interface FadeOptions {
  /** λ of λ·Σ|γ|. */
  readonly l1: number
  /** Share of the phase after which channels are marked. */
  readonly from: number
  /** Share of the phase at which marked channels reach zero. */
  readonly until: number
  /** The power of a channel's cost its utility is divided by. */
  readonly cost: number
  /** Share of the old utility that stays at each step. */
  readonly decay: number
}

/** Masking: which channels of a training are shrunk for the cut inside it, and when that cut comes. */
export interface MaskOptions {
  /** Epochs after which channels are masked for the first time. */
  readonly from: number
  /** Epochs after which masked channels have shrunk to zero, and the cut comes at the latest. */
  readonly until: number
  /** The cut comes as soon as a smaller share of the surviving channels changed since the epoch before. */
  readonly stable: number
  /** Share of the old utility that stays at each step. */
  readonly decay: number
}

/** The best on validation: no L1 on scales, which cost CIFAR-10 three points. */
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
  /** Terms of a user's own, each with its weight. */
  readonly terms?: readonly PushTerm[]
}

/** How to push: how to train, the alignment terms and the fading. */
export interface PushOptions extends TrainOptions {
  readonly align: AlignTerms
  /** Share of the phase over which the terms rise from 0 to their weights. */
  readonly ramp: number
  /** `null` for no fading. */
  readonly fade: FadeOptions | null
}

/** No alignment terms: a push by fading alone, which had the best validation accuracy. */
export const noTerms: AlignTerms = { axis: 0, ridge: 0, correlation: 0, compactness: 0, units: 0 }

/**
 * The alignment terms for separation by single features, correlation and compactness together: few, uncorrelated
 * features.
 */
export const alignment: AlignTerms = { axis: 0.1, ridge: 0, correlation: 2, compactness: 1, units: 3 }

/** Training as usual, balanced and clipped, with fading. */
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
 * - `fStatistic`                       analysis of variance of each channel over the classes
 * - `deconvTrace`                      the papers' trace
 * - `discriminantTrace`, `gradientTrace` the trace from class-discriminative responses, this project's own
 * - `gradientUtility`                  the effects tracked by the push before it
 */
export type CriterionName =
  | 'random'
  | 'l1'
  | 'l2'
  | 'bnScale'
  | 'taylor'
  | 'lda'
  | 'fStatistic'
  | 'deconvTrace'
  | 'discriminantTrace'
  | 'gradientTrace'
  | 'gradientUtility'

/** What a criterion may need beside the model; `weights` is nothing. */
export type EvidenceName =
  | 'weights'
  | 'activations'
  | 'gradients'
  | 'deconvTrace'
  | 'discriminantTrace'
  | 'gradientTrace'
  | 'gradientUtility'

/**
 * How a criterion's utilities are made comparable across layers: effects on the loss already are, weights are not. Measured with the usual floor on LeNet-5 as Caffe has it, a plain CNN and the net of `dsl/mnist.ts`: of L1, its
 * layers' norms left the plain one 82 %, the share of each group 93 %.
 */
export const defaultNormalize: { readonly [N in CriterionName]: Normalize } = {
  random: 'raw',
  l1: 'layer',
  l2: 'layer',
  bnScale: 'raw',
  taylor: 'raw',
  lda: 'global',
  fStatistic: 'global',
  deconvTrace: 'eta',
  discriminantTrace: 'eta',
  gradientTrace: 'global',
  gradientUtility: 'raw',
}
