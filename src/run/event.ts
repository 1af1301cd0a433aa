/** What a run tells as it goes; each is a line of its log. */
import type { StageResult } from './checkpoint.js'

export interface Scored {
  readonly accuracy: number
  readonly loss: number
}

export interface Result {
  readonly experiment: string
  readonly engine: { readonly name: string; readonly version: string }
  readonly seed: number
  readonly data: { readonly name: string; readonly checksum: string }
  readonly params: number
  readonly macs: number
  readonly stages: readonly StageResult[]
  readonly test: Scored
  readonly seconds: number
  readonly out: string
}

export type RunEvent =
  | { readonly _tag: 'stageBegan'; readonly stage: number; readonly name: string }
  | {
      readonly _tag: 'epoch'
      readonly stage: number
      readonly epoch: number
      readonly training: Scored
      readonly validation: Scored
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
  /** Why rounds ended before their number was up. */
  | {
      readonly _tag: 'roundsStopped'
      readonly stage: number
      readonly why: 'accuracy' | 'nothing left to cut'
    }
  | { readonly _tag: 'stageEnded'; readonly stage: number; readonly result: StageResult }
