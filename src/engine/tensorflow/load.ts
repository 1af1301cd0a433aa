/** TensorFlow as an engine: the addon or the official binding, each loaded into this process once. */

import { availableParallelism } from 'node:os'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as O from 'fp-ts/lib/Option.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { messageOf } from '../../io/exception.js'
import { commandText } from '../../io/text/command-text.js'
import type { Engine, EngineError } from '../engine.js'
import { type AddonRuntime, addonRuntime, loadAddon } from './addon.js'
import { type Binding, openBinding } from './binding.js'
import type { SessionOptions } from './config.js'
import { optionsFor, partsFor } from './heuristics.js'
import type { Native } from './install/cache.js'
import { findNative } from './native.js'
import { officialRuntime } from './official.js'
import { profileKinds } from './profile.js'
import type { Runtime } from './runtime.js'
import { openSession } from './session.js'
import { splitProgram } from './split.js'

export interface LoadOptions {
  /** Threads of an operation; by default `TF_NUM_INTRAOP_THREADS`, else every core. */
  readonly threads?: number
  /** By default the addon where it is built, else the official binding. */
  readonly runtime?: 'addon' | 'official'
}

export const failed = (reason: unknown): EngineError => ({
  _tag: 'EngineFailed',
  engine: 'tensorflow',
  reason: messageOf(reason).replace(/\p{Cc}+/gu, ' '), // TensorFlow marks parts by them
})

const missing: EngineError = {
  _tag: 'EngineMissing',
  engine: 'tensorflow',
  missing: 'no build of it',
  mend: commandText('engine'),
}

/** The default number of threads. */
export const threadsOf = (env: NodeJS.ProcessEnv = process.env): number =>
  Number(env.TF_NUM_INTRAOP_THREADS) || availableParallelism()

const oneDnn = 'TF_ENABLE_ONEDNN_OPTS'

/**
 * TensorFlow's environment variables, which it reads once at start; the user's own settings win. By default it uses
 * oneDNN only on CPUs with AVX-512, but a training step is twice as fast with it on other CPUs too.
 */
export const environment = (
  threads: number,
  env: NodeJS.ProcessEnv = process.env,
  arch: string = process.arch,
): NodeJS.ProcessEnv => ({
  TF_CPP_MIN_LOG_LEVEL: '2',
  TF_NUM_INTEROP_THREADS: `${threads}`,
  TF_FORCE_GPU_ALLOW_GROWTH: 'true',
  TF_OVERRIDE_GLOBAL_THREADPOOL: 'true', // else the first session's threads would be those of all
  ...(arch === 'x64' && { [oneDnn]: '1' }),
  ...env,
  TF_NUM_INTRAOP_THREADS: `${threads}`,
})

/** TensorFlow's version, and whether it uses oneDNN, which changes the order of sums and so a run's numbers. */
const versionOf = ({ version }: Runtime): string =>
  /^(1|true)$/i.test(process.env[oneDnn] ?? '') ? `${version}+oneDNN` : version

/** A runtime in this process. */
interface Loaded {
  readonly runtime: Runtime
  /** Where the number is fixed for the whole process. */
  readonly threads?: number
}

interface LoadedBinding extends Loaded {
  readonly binding: Binding
}

/** Loads a native module once: TensorFlow cannot be started twice in a process, so it stays loaded. */
const once = <A>(open: (file: string, threads: number, serves: boolean) => A) => {
  let loaded: O.Option<A> = O.none
  return (file: string, threads: number, serves = false): E.Either<EngineError, A> =>
    E.tryCatch(() => {
      if (O.isSome(loaded)) return loaded.value
      Object.assign(process.env, environment(threads))
      const opened = open(file, threads, serves)
      loaded = O.some(opened)
      return opened
    }, failed)
}

/** Whether the user limits oneDNN to processors without AVX-512, which this project's operations need. */
const isBelowAvx512 = (isa = ''): boolean => /^(sse|avx(?!512|10))/i.test(isa)

/** Where TensorFlow may use a GPU or less than AVX-512, convolutions are its own; a GPU computes batches whole. */
const forDevices =
  (native: Native) =>
  ({ runtime }: { readonly runtime: AddonRuntime }): Loaded => {
    const mayUseGpu = native.source === 'built' && native.facts.kind === 'gpu'
    return mayUseGpu || isBelowAvx512(process.env.ONEDNN_MAX_CPU_ISA)
      ? { runtime: { ...runtime, hasKernels: false, splits: !mayUseGpu } }
      : { runtime }
  }

const startBinding = once((file, threads): LoadedBinding => {
  const binding = openBinding(file)
  return { binding, runtime: officialRuntime(binding), threads }
})

const startAddon = once((file, _, serves): { readonly runtime: AddonRuntime } => ({
  runtime: addonRuntime(loadAddon(file, serves)),
}))

const requireNative = (): E.Either<EngineError, Native> =>
  pipe(
    findNative(),
    E.fromOption(() => missing),
  )

/** Loads the official binding itself. */
export const loadBinding = ({
  threads = threadsOf(),
}: LoadOptions = {}): E.Either<EngineError, LoadedBinding> =>
  pipe(
    requireNative(),
    E.flatMap(({ file }) => startBinding(file, threads)),
  )

/** `options`: those of every session beside its threads. */
export const engineOf = (
  { runtime, threads }: Required<Loaded>,
  options: Partial<SessionOptions> = {},
): Engine => ({
  name: 'tensorflow',
  version: versionOf(runtime),
  threads,
  open: (program, constants) =>
    TE.tryCatch(async () => {
      const means = { threads, hasKernels: runtime.hasKernels === true && constants !== undefined }
      const parts = runtime.splits === true && options.target === undefined ? partsFor(program, means) : 1
      const part = splitProgram(parts)(program)
      return part === undefined
        ? openSession(runtime, { ...optionsFor(program, means), ...options }, program, constants)
        : openSession(runtime, { threads, parts, ...options }, part, constants)
    }, failed),
  profile: call => TE.tryCatch(async () => profileKinds(runtime)(call), failed),
})

/** The file of the addon. Errors  EngineMissing */
export const addonFile = (): E.Either<EngineError, string> =>
  pipe(
    requireNative(),
    E.flatMap(({ addon }) =>
      pipe(
        addon,
        E.fromOption(() => missing),
      ),
    ),
  )

/** Loads the addon for servers, which it alone can start. Errors  EngineMissing, EngineFailed */
export const loadServerRuntime = (threads: number): E.Either<EngineError, AddonRuntime> =>
  pipe(
    addonFile(),
    E.flatMap(file => startAddon(file, threads, true)),
    E.map(({ runtime }) => runtime),
  )

/** Loads the runtime itself. */
export const loadRuntime = ({
  threads = threadsOf(),
  runtime,
}: LoadOptions = {}): E.Either<EngineError, Required<Loaded>> =>
  pipe(
    requireNative(),
    E.flatMap((native): E.Either<EngineError, Loaded> => {
      const { file, addon } = native
      return runtime === 'official' || (runtime === undefined && O.isNone(addon))
        ? startBinding(file, threads)
        : pipe(
            addon,
            E.fromOption(() => missing),
            E.flatMap(found => startAddon(found, threads)),
            E.map(forDevices(native)),
          )
    }),
    E.map(loaded => ({ threads, ...loaded })),
  )

/**
 * The TensorFlow engine. Single images through small nets run on one thread. With the official binding, the first
 * load in a process fixes the number of threads.
 *
 * Errors  EngineMissing where no binding is found; EngineFailed where it does not load
 */
export const loadEngine = (options: LoadOptions = {}): TE.TaskEither<EngineError, Engine> =>
  pipe(
    TE.fromIOEither(() => loadRuntime(options)),
    TE.map(engineOf),
  )
