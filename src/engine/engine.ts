/** The interface of engines, which run programs. It knows nothing of nets or experiments. */
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Graph, Program } from '../graph/graph.js'
import type { Share } from '../io/share.js'
import type { Weights } from '../net/weights.js'
import type { ClusterError } from './cluster/error.js'
import type { CallToProfile, KindTime } from './profile.js'

/** The engines there are. */
export const engineNames = ['tensorflow', 'wasm', 'cpu'] as const

/** The name of an engine. */
export type EngineName = (typeof engineNames)[number]

/** Errors of engines, as facts. */
export type EngineError =
  | { readonly _tag: 'UnknownEngine'; readonly name: string }
  | {
      readonly _tag: 'EngineMissing'
      readonly engine: EngineName
      readonly missing: string
      readonly mend: string
    }
  /** `stack` where an exception caused it. */
  | {
      readonly _tag: 'EngineFailed'
      readonly engine: EngineName
      readonly reason: string
      readonly stack?: string
    }
  | ClusterError

/** Values by input name. */
export type Feeds = Readonly<Record<string, Float32Array>>

/**
 * Values by output name, in the layout of the output's shape. The caller owns them: no later call writes to them.
 */
export type Fetched<G extends Graph = Graph> = { readonly [Name in keyof G['outputs']]: Float32Array }

/** A program and its variables on an engine. */
export interface Session<P extends Program = Program> {
  /** Runs one call and its updates. Blocks; throws only where the engine fails. */
  readonly run: <C extends keyof P>(call: C, feeds: Feeds) => Fetched<P[C]>
  /**
   * As `run`, but leaves the event loop free meanwhile where the engine can. The feeds are copied before it returns; until
   * it settles, the session may not be used otherwise. Rejects where `run` throws.
   */
  readonly runAsync: <C extends keyof P>(call: C, feeds: Feeds) => Promise<Fetched<P[C]>>
  /** The current value of every variable, by name. */
  readonly read: () => Weights
  /** Sets the named variables; the others are unchanged. */
  readonly write: (values: Weights) => void
  /** Frees the engine's memory of the session. */
  readonly close: () => void
}

/** Ends the use of a session, in a bracket. */
export const closeSession = (session: Pick<Session, 'close'>): TE.TaskEither<never, void> =>
  TE.fromIO(() => session.close())

/** A session of an engine that can only block: its asynchronous run blocks too. */
export const blocking = <P extends Program>(session: Omit<Session<P>, 'runAsync'>): Session<P> => ({
  ...session,
  runAsync: async (call, feeds) => session.run(call, feeds),
})

/** Writes constants as variables, for engines without constants of their own. */
export const beginWith =
  (constants: Weights) =>
  <P extends Program>(session: Session<P>): Session<P> => {
    session.write(constants)
    return session
  }

/** An engine opens programs as sessions. */
export interface Engine {
  readonly name: EngineName
  readonly version: string
  /** Part of what makes a run reproducible: the number of threads can change the order of sums. */
  readonly threads: number
  /** Where workers share each batch: the part that this one reads. Its sessions take whole batches too. */
  readonly share?: Share
  /**
   * Variables begin as zeros. Those in `constants` have fixed values and are never written, so that an engine can prepare
   * them once; TensorFlow is slow with single images otherwise.
   */
  readonly open: <P extends Program>(
    program: P,
    constants?: Weights,
  ) => TE.TaskEither<EngineError, Session<P>>
  /** What each kind of operation takes of a call on one thread; empty or absent where the engine cannot tell. */
  readonly profile?: (call: CallToProfile) => TE.TaskEither<EngineError, readonly KindTime[]>
}
