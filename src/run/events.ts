/** The events of a run; each is a line of its log. */
import type { Alignment } from '../learn/evaluation/alignment.js'
import type { UnitGradients } from '../learn/evaluation/new-unit-gradients.js'
import type { ScarceFit } from '../learn/repair/scarce-fits.js'
import type { Path } from '../net/path.js'
import type { Thin } from '../surgery/analysis/trunk.js'
import type { SiteKind } from '../surgery/grow/site.js'
import type { ExactCost } from '../surgery/grow/widen-module.js'
import type { Fate } from '../surgery/prune/ranking.js'
import type { StageResult } from './cursor.js'
import type { Features } from './review/predictions.js'
import type { GrowthCost } from './schedule/growth-cost.js'
import type { Stop } from './stop-reason.js'
import type { Code } from './storage/code-version.js'
import type { Settings } from './storage/settings.js'

/** Accuracy and loss on a set of images. */
export interface Scored {
  readonly accuracy: number
  readonly loss: number
}

/** The figures of the net before the first cut, or of the one at the end. */
export interface Comparison {
  readonly name: 'before' | 'after'
  readonly params: number
  readonly macs: number
  /** Of the stored weights, single precision. */
  readonly bytes: number
  readonly test: Scored
  /** Milliseconds of one image and of a batch of 100, medians. */
  readonly latency: { readonly one: number; readonly hundred: number }
}

/** A net met while growing, kept beside the run under its name. */
export interface GrownNet {
  readonly name: string
  readonly params: number
  readonly macs: number
  readonly bytes: number
  readonly validation: Scored
  /** Whether it began by computing what the one before did. */
  readonly exact: boolean
}

/** A candidate growth, and what the loss's gradient says of it. */
export interface ScoredGrowth {
  readonly where: SiteKind
  /** The layer it names. */
  readonly at: Path
  /** The new layer, or the wider one. */
  readonly path: Path
  /** The norm of the gradient that its zero weights would get; `null` where it could not grow. */
  readonly gradient: number | null
  /** What it adds to the net, in the measure of the event. */
  readonly cost: number | null
  /** The gradient over the cost. */
  readonly score: number | null
  readonly fate: 'grown' | 'less' | 'over budget' | 'unfit'
}

/** The candidates of one growth, with the gradients that their zero weights would get, and the one that grew. */
export interface GrowthsScored {
  readonly _tag: 'growthsScored'
  readonly stage: number
  readonly place: string
  readonly per: GrowthCost
  /** Images the gradients are the mean over. */
  readonly images: number
  readonly candidates: readonly ScoredGrowth[]
}

/** A cut: validation right after it, and with batch norm measured again. */
export interface CutScores {
  readonly params: number
  readonly raw: Scored
  readonly repaired: Scored
}

/** A training that looked for its best epoch: that epoch, from 0, out of those there were, and its validation accuracy. */
export interface KeptEpoch {
  /** The step's place in the schedule. */
  readonly place: string
  readonly epoch: number
  readonly epochs: number
  readonly accuracy: number
  /** Whether its weights stayed; else training only ended early. */
  readonly restored: boolean
}

/** What a run ended in. */
export interface Result {
  readonly experiment: string
  readonly engine: Settings['engine']
  readonly code: Code
  readonly seed: number
  /** `take`: so many of its training images, where not all. */
  readonly data: { readonly name: string; readonly checksum: string; readonly take?: number }
  readonly params: number
  readonly macs: number
  /** Multiply–accumulates of its trainings and criteria, forward and backward; runs of before they were counted have none. */
  readonly trainingMacs?: number
  readonly stages: readonly StageResult[]
  readonly test: Scored
  /** The same by the mean of each image and its mirror image, where that was asked for. */
  readonly mirrored?: Scored
  readonly seconds: number
  readonly out: string
  /** Where the run has cut: the net before the first cut, and the one at the end. */
  readonly compared?: readonly Comparison[]
  /** Where the run has grown: every net met. */
  readonly met?: readonly GrownNet[]
  /** Where the run has cut: every cut. */
  readonly cuts?: readonly CutScores[]
  /** Where trainings have looked for their best epoch: each of them. */
  readonly bestEpochs?: readonly KeptEpoch[]
}

/**
 * Channels of a layer and a group in one cut, a column a figure, with the numbers they had just before it. Figures are
 * `null` where a channel was no candidate; a column of such alone is empty.
 */
export interface RankedChannels {
  readonly path: Path
  readonly group: string
  readonly channels: readonly number[]
  readonly utility: readonly (number | null)[]
  readonly score: readonly (number | null)[]
  readonly rank: readonly (number | null)[]
  readonly fate: readonly Fate[]
}

/** A line of the log. `stage`: the number of the schedule's step, from 0; a person reads it as a step from 1. */
export type RunEvent =
  | { readonly _tag: 'stageBegan'; readonly stage: number; readonly name: string }
  | {
      readonly _tag: 'epoch'
      readonly stage: number
      readonly epoch: number
      readonly training: Scored
      readonly validation: Scored
      /** Of the net that trained, and the learning rate of its last step; a log of an earlier version has none of them. */
      readonly params?: number
      readonly macs?: number
      readonly learningRate?: number
      /** In the training after a growth: of its new units, and of the old ones. */
      readonly gradient?: UnitGradients
      /** While pushing. */
      readonly alignment?: Alignment
    }
  | ({ readonly _tag: 'bestEpoch'; readonly stage: number } & KeptEpoch)
  /**
   * What a prune decided, channel by channel; not `removes`: what a push foresaw when it marked channels to fade them.
   * `threshold` is `null` where channels were named, as the cut behind such a push names them.
   */
  | {
      readonly _tag: 'ranked'
      readonly stage: number
      readonly place: string
      /** The criterion. */
      readonly by: string
      readonly removes: boolean
      readonly threshold: number | null
      readonly layers: readonly RankedChannels[]
    }
  /** What the net decides on, on validation images: before a push of a net that is whole, and after every push. */
  | ({ readonly _tag: 'featuresMeasured'; readonly stage: number; readonly pushed: boolean } & Features)
  /** After an epoch of a training that will cut: the channels masked by now, and the share of the others that changed. */
  | {
      readonly _tag: 'masked'
      readonly stage: number
      /** Counted from 0. */
      readonly epoch: number
      readonly masked: number
      readonly of: number
      readonly changed: number
      /** Whether it is the one that is cut: at once, or when it has shrunk to zero. */
      readonly last: boolean
    }
  /** A cut: what is left, and the accuracy on validation right after it and with batch norm measured again. */
  | {
      readonly _tag: 'pruned'
      readonly stage: number
      readonly place: string
      readonly removed: number
      readonly params: number
      readonly macs: number
      readonly raw: Scored
      readonly repaired: Scored
      /** Whether there was batch norm to measure again: else `repaired` is `raw`. */
      readonly recalibrated: boolean
      /** Layers everything passes that are left with no more than their floor, or the usual one. */
      readonly thin?: readonly Thin[]
      /** Layers that were fitted with fewer positions than unknowns, so that a ridge decided on the rest. */
      readonly scarce?: readonly ScarceFit[]
    }
  /** A round's end; `kept` is false where it lost too much and was taken back. */
  | {
      readonly _tag: 'roundEnded'
      readonly stage: number
      readonly round: number
      readonly params: number
      readonly macs: number
      readonly validation: Scored
      readonly kept: boolean
    }
  /** What growing made wider than the schedule asks for, so that it left the net's answers as they were. */
  | ({ readonly _tag: 'madeExact'; readonly stage: number } & ExactCost)
  | GrowthsScored
  /** A net met while growing, and what it gained on the last that paid; `null` for the one growing began with. */
  | (GrownNet & { readonly _tag: 'grown'; readonly stage: number; readonly gain: number | null })
  /** Rounds, or growing, ended before their number was up. */
  | ({ readonly _tag: 'roundsStopped'; readonly stage: number } & Stop)
  | { readonly _tag: 'stageEnded'; readonly stage: number; readonly result: StageResult }
