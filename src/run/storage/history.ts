/** What a run has met so far, a fold of its events, so that nothing is to be read back from its log. */
import * as t from 'io-ts'
import { closed, finite, naturalNumber, share } from '../../io/codec.js'
import type { CutScores, GrownNet, RunEvent, Scored } from '../events.js'

export interface History {
  /** Nets met while growing. */
  readonly met: readonly GrownNet[]
  readonly cuts: readonly CutScores[]
  /** The best validation accuracy an epoch of the step under way ended with; 0 before its first. */
  readonly best: number
}

export const noHistory: History = { met: [], cuts: [], best: 0 }

/** The history after one more event. */
export const remember = (history: History, event: RunEvent): History => {
  switch (event._tag) {
    case 'grown': {
      const { _tag, stage, gain, ...met } = event
      return { ...history, met: [...history.met, met] }
    }
    case 'pruned': {
      const { params, raw, repaired } = event
      return { ...history, cuts: [...history.cuts, { params, raw, repaired }] }
    }
    case 'epoch':
      return { ...history, best: Math.max(history.best, event.validation.accuracy) }
    case 'stageEnded':
      return { ...history, best: 0 }
    default:
      return history
  }
}

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
