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
  | { readonly _tag: 'stageEnded'; readonly stage: number; readonly result: StageResult }
