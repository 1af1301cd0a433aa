/** What a run has met so far, as its steps add to it, so that nothing is to be read back from its log. */
import * as t from 'io-ts'
import { closed, finite, naturalNumber, share } from '../../io/codec.js'
import type { CutScores, GrownNet, Scored } from '../events.js'

export interface History {
  /** Nets met while growing. */
  readonly met: readonly GrownNet[]
  readonly cuts: readonly CutScores[]
  /** The best validation accuracy an epoch of the step under way ended with; 0 before its first. */
  readonly best: number
}

export const noHistory: History = { met: [], cuts: [], best: 0 }

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
