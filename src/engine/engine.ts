/** What an engine is: something that opens programs. It knows nothing of nets or experiments. */
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import type { Graph, Program } from '../graph/graph.js'
import type { Weights } from '../net/weights.js'

/** The engines there are. */
export const engineNames = ['tensorflow', 'wasm', 'cpu'] as const

/** The name of an engine. */
export type EngineName = (typeof engineNames)[number]

/** What an engine cannot do, as facts. */
export type EngineError =
  | { readonly _tag: 'UnknownEngine'; readonly name: string }
  | {
      readonly _tag: 'EngineMissing'
      readonly engine: EngineName
      readonly missing: string
      readonly mend: string
    }
  /** `stack` where an exception is behind it. */
  | {
      readonly _tag: 'EngineFailed'
      readonly engine: EngineName
      readonly reason: string
      readonly stack?: string
    }

/** Values by input name. */
export type Feeds = Readonly<Record<string, Float32Array>>

/**
 * Values by output name, in the order and length of the output's shape. They are the caller's to keep:
 * no later call writes to them.
 */
export type Fetched<G extends Graph = Graph> = { readonly [Name in keyof G['outputs']]: Float32Array }

/** A program and its variables on an engine, until closed. */
export interface Session<P extends Program = Program> {
  /** Runs one call to its end; its updates are in place for the next. Blocks; throws only when the engine breaks. */
  readonly run: <C extends keyof P>(call: C, feeds: Feeds) => Fetched<P[C]>
  /** Every variable as it is now, by name. */
  readonly read: () => Weights
  /** Sets the variables named; the others stay. */
  readonly write: (values: Weights) => void
  /** Gives back what the engine holds for it. */
  readonly close: () => void
}

/** Constants as variables that are written once. */
export const beginWith =
  (constants: Weights) =>
  <P extends Program>(session: Session<P>): Session<P> => {
    session.write(constants)
    return session
  }

/** Something that opens programs. */
export interface Engine {
  readonly name: EngineName
  readonly version: string
  /** Part of what makes a run repeat itself: another number of threads adds in another order. */
  readonly threads: number
  /**
   * Variables begin as zeros. Those in `constants` have their values from here on and are never written: an engine may
   * prepare them once, without which TensorFlow is slow with single images.
   */
  readonly open: <P extends Program>(program: P, constants?: Weights) => TaskEither<EngineError, Session<P>>
}
