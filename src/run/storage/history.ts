/** What a run remembers of what it has told, so that nothing is to be read back from its log. */
import * as t from 'io-ts'
import { closed, finite, naturalNumber, share } from '../../io/codec.js'
import type { Cut, GrownNet, RunEvent, Scored } from '../events.js'
import type { Stop } from '../stop-reason.js'

export interface History {
  /** Nets met while growing. */
  readonly met: readonly GrownNet[]
  readonly cuts: readonly Cut[]
  /** What has ended rounds or growing in the step under way. */
  readonly stopped: Stop | null
  /** The best validation accuracy an epoch of the step under way ended with; 0 before its first. */
  readonly best: number
}

export const noHistory: History = { met: [], cuts: [], stopped: null, best: 0 }

/** What is remembered once an event is told. */
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
    case 'roundsStopped':
      return { ...history, stopped: { why: event.why, fact: event.fact } }
    case 'stageEnded':
      return { ...history, stopped: null, best: 0 }
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

export const cutCodec: t.Type<Cut, unknown> = closed({
  params: naturalNumber,
  raw: scoredCodec,
  repaired: scoredCodec,
})
