/** What a run has met so far, as its steps add to it, so that nothing is to be read back from its log. */
import * as t from 'io-ts'
import { closed, finite, naturalNumber, share } from '../../io/codec.js'
import type { CutScores, GrownNet, KeptEpoch, Scored } from '../events.js'

/** What later steps and the result need of the steps before. */
export interface History {
  /** Nets met while growing. */
  readonly met: readonly GrownNet[]
  readonly cuts: readonly CutScores[]
  /** The best validation accuracy an epoch of the step under way ended with; 0 before its first. */
  readonly best: number
  /** The best epochs of trainings that looked for them. */
  readonly bestEpochs: readonly KeptEpoch[]
  /** Multiply–accumulates of the trainings and criteria so far. */
  readonly trainingMacs: number
}

export const noHistory: History = { met: [], cuts: [], best: 0, bestEpochs: [], trainingMacs: 0 }

/** The history in what else is known of a run. */
export const historyOf = ({ met, cuts, best, bestEpochs, trainingMacs }: History): History => ({
  met,
  cuts,
  best,
  bestEpochs,
  trainingMacs,
})

/** The history with a net met while growing. */
export const withMet =
  (met: GrownNet) =>
  (history: History): History => ({ ...history, met: [...history.met, met] })

/** The history with a cut. */
export const withCut =
  (cut: CutScores) =>
  (history: History): History => ({ ...history, cuts: [...history.cuts, cut] })

/** The history with an epoch that ended with this validation accuracy. */
export const withAccuracy =
  (accuracy: number) =>
  (history: History): History => ({ ...history, best: Math.max(history.best, accuracy) })

/** The history with more multiply–accumulates. */
export const withMacs =
  (macs: number) =>
  (history: History): History => ({ ...history, trainingMacs: history.trainingMacs + macs })

/** The history with the best epoch of a training. */
export const withBestEpoch =
  (kept: KeptEpoch) =>
  (history: History): History => ({ ...history, bestEpochs: [...history.bestEpochs, kept] })

export const scoredCodec: t.Type<Scored, unknown> = closed({ accuracy: share, loss: finite })

export const metCodec: t.Type<GrownNet, unknown> = closed({
  name: t.string,
  params: naturalNumber,
  macs: naturalNumber,
  bytes: naturalNumber,
  validation: scoredCodec,
  exact: t.boolean,
})

export const cutCodec: t.Type<CutScores, unknown> = closed({
  params: naturalNumber,
  raw: scoredCodec,
  repaired: scoredCodec,
})

export const keptEpochFields = {
  place: t.string,
  epoch: naturalNumber,
  epochs: naturalNumber,
  accuracy: share,
  restored: t.boolean,
}

export const keptEpochCodec: t.Type<KeptEpoch, unknown> = closed(keptEpochFields)
