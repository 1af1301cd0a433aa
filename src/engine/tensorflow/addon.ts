/** The project's own addon as a runtime: each graph has a session with a ConfigProto of its own. */

import { commandText } from '../../io/text/command-text.js'
import { openNative } from './binding.js'
import { sessionConfig } from './config.js'
import { graphDef, type Port, tensorName } from './graph/proto.js'
import { recipe } from './install/sources.js'
import type { GraphCall, OpenGraph, Runtime, Split } from './runtime.js'
import { type ServerTask, serverDef } from './server.js'

/** A session of TensorFlow. Its garbage collection closes it too; a run under way is ended first. */
interface NativeSession {
  /** Names are `node:output` of tensors, `node` of targets; returns the number of the call. */
  readonly prepare: (call: {
    readonly inputs: readonly { readonly name: string; readonly shape: readonly number[] }[]
    readonly outputs: readonly string[]
    readonly targets: readonly string[]
    readonly parts: number
    readonly threads: number
  }) => number
  readonly run: (call: number, feeds: readonly Float32Array[]) => readonly Float32Array[]
  readonly runAsync: (call: number, feeds: readonly Float32Array[]) => Promise<readonly Float32Array[]>
  /** Runs the call too; returns its RunMetadata, with the time of every node. */
  readonly trace: (call: number, feeds: readonly Float32Array[]) => Uint8Array
  readonly close: () => void
}

/** What `addon/module.cc` exports. */
export interface Addon {
  readonly version: string
  /** A hash of what it was built from. */
  readonly sources: string
  /** Whether this processor runs its operations. */
  readonly hasKernels: boolean
  readonly Session: new (graph: Uint8Array, config: Uint8Array, target: string) => NativeSession
  readonly countSessions: () => number
  /** Ends the runs under way, which fail. */
  readonly cancelRuns: () => void
  /** Starts the server of a ServerDef at a host, for as long as the process lasts; returns the target of its sessions. */
  readonly startServerAt: (definition: Uint8Array, host: string) => string
}

const inputOf = ({ ref, shape }: Port) => ({ name: tensorName(ref), shape })

const whole: Split = { parts: 1, threads: 1 }

const openGraph = (session: NativeSession): OpenGraph => ({
  prepare: ({ inputs, outputs, targets, split = whole }: GraphCall) => {
    const call = session.prepare({
      inputs: inputs.map(inputOf),
      outputs: outputs.map(tensorName),
      targets,
      ...split,
    })
    return {
      run: feeds => session.run(call, feeds),
      runAsync: feeds => session.runAsync(call, feeds),
      trace: feeds => session.trace(call, feeds),
    }
  },
  close: () => session.close(),
})

/** Why an addon is not run. */
export const otherSources = 'built from sources of another version'

/**
 * Loads the addon; `serves`: so that it can start servers. A process that exits waits for runs under way, so they are
 * cancelled. Throws the loader's error.
 */
export const loadAddon = (file: string, serves: boolean): Addon => {
  const addon = openNative(file, serves) as Addon // what the C++ source exports
  if (addon.sources !== recipe()) throw new Error(`${otherSources}; ${commandText('engine')} builds it`)
  process.once('exit', addon.cancelRuns)
  return addon
}

/** The addon, which can also start a server. */
export interface AddonRuntime extends Runtime {
  /**
   * Returns the target of its sessions, an option of theirs. Lasts as long as the process. It listens at the address of the
   * host alone, at every one of the machine for `0.0.0.0`. Throws where the addon was loaded for sessions alone.
   */
  readonly startServer: (task: ServerTask, host: string) => string
}

export const addonRuntime = ({
  version,
  hasKernels,
  Session,
  countSessions,
  startServerAt,
}: Addon): AddonRuntime => ({
  version,
  hasKernels,
  splits: true,
  open: (graph, options) =>
    openGraph(new Session(graphDef(graph), sessionConfig(options), options.target ?? '')),
  countGraphs: countSessions,
  startServer: (task, host) => startServerAt(serverDef(task), host),
})
