/** The project's own addon as a runtime: each graph has a session with a ConfigProto of its own. */

import { openNative } from './binding.js'
import { sessionConfig } from './config.js'
import { graphDef, type Port, tensorName } from './graph/proto.js'
import type { GraphCall, OpenGraph, Runtime } from './runtime.js'
import { type ServerTask, serverDef } from './server.js'

/** A session of TensorFlow. Its garbage collection closes it too; a run under way is ended first. */
interface NativeSession {
  /** Names are `node:output` of tensors, `node` of targets; returns the number of the call. */
  readonly prepare: (call: {
    readonly inputs: readonly { readonly name: string; readonly shape: readonly number[] }[]
    readonly outputs: readonly string[]
    readonly targets: readonly string[]
  }) => number
  readonly run: (call: number, feeds: readonly Float32Array[]) => readonly Float32Array[]
  readonly runAsync: (call: number, feeds: readonly Float32Array[]) => Promise<readonly Float32Array[]>
  readonly close: () => void
}

/** What `addon/module.cc` exports. */
export interface Addon {
  readonly version: string
  readonly Session: new (graph: Uint8Array, config: Uint8Array, target: string) => NativeSession
  readonly countSessions: () => number
  /** Ends the runs under way, which fail. */
  readonly cancelRuns: () => void
  /** Starts the server of a ServerDef, for as long as the process lasts; returns the target of its sessions. */
  readonly startServer: (definition: Uint8Array) => string
}

const inputOf = ({ ref, shape }: Port) => ({ name: tensorName(ref), shape })

const openGraph = (session: NativeSession): OpenGraph => ({
  prepare: ({ inputs, outputs, targets }: GraphCall) => {
    const call = session.prepare({ inputs: inputs.map(inputOf), outputs: outputs.map(tensorName), targets })
    return {
      run: feeds => session.run(call, feeds),
      runAsync: feeds => session.runAsync(call, feeds),
    }
  },
  close: () => session.close(),
})

/** Loads the addon. A process that exits waits for runs under way, so they are cancelled. Throws the loader's error. */
export const loadAddon = (file: string): Addon => {
  const addon = openNative(file) as Addon // what the C++ source exports
  process.once('exit', addon.cancelRuns)
  return addon
}

/** The addon, which can also start a server. */
export interface AddonRuntime extends Runtime {
  /** Returns the target of its sessions, an option of theirs. Lasts as long as the process. */
  readonly startServer: (task: ServerTask) => string
}

export const addonRuntime = ({ version, Session, countSessions, startServer }: Addon): AddonRuntime => ({
  version,
  open: (graph, options) =>
    openGraph(new Session(graphDef(graph), sessionConfig(options), options.target ?? '')),
  countGraphs: countSessions,
  startServer: task => startServer(serverDef(task)),
})
