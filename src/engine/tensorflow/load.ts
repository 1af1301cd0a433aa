/** TensorFlow as an engine: the binding loaded into this process, once. */

import { availableParallelism } from 'node:os'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as O from 'fp-ts/lib/Option.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { engineCommand } from '../commands.js'
import type { Engine, EngineError } from '../engine.js'
import { type Binding, openBinding } from './binding.js'
import { findNative } from './native.js'
import { openSession } from './session.js'

export interface LoadOptions {
  /** Threads of an operation; by default `TF_NUM_INTRAOP_THREADS`, else every core. */
  readonly threads?: number
}

const failed = (reason: unknown): EngineError => ({
  _tag: 'EngineFailed',
  engine: 'tensorflow',
  reason: reason instanceof Error ? reason.message : String(reason),
})

const missing: EngineError = {
  _tag: 'EngineMissing',
  engine: 'tensorflow',
  missing: 'not built',
  mend: engineCommand(),
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
  ...(arch === 'x64' && { [oneDnn]: '1' }),
  ...env,
  TF_NUM_INTRAOP_THREADS: `${threads}`,
})

/** TensorFlow's version, and whether it uses oneDNN, which changes the order of sums and so a run's numbers. */
const versionOf = ({ TF_Version }: Binding): string =>
  /^(1|true)$/i.test(process.env[oneDnn] ?? '') ? `${TF_Version}+oneDNN` : TF_Version

interface Loaded {
  readonly binding: Binding
  readonly version: string
  readonly threads: number
}

/** TensorFlow cannot be started twice in a process, so it stays loaded. */
let loaded: O.Option<Loaded> = O.none

const start = (file: string, threads: number): E.Either<EngineError, Loaded> =>
  E.tryCatch(() => {
    Object.assign(process.env, environment(threads))
    const binding = openBinding(file)
    const current = { binding, version: versionOf(binding), threads }
    loaded = O.some(current)
    return current
  }, failed)

/** Loads the binding itself. */
export const loadBinding = ({ threads = threadsOf() }: LoadOptions = {}): E.Either<EngineError, Loaded> =>
  pipe(
    loaded,
    O.match(
      () =>
        pipe(
          findNative(),
          E.fromOption(() => missing),
          E.flatMap(({ file }) => start(file, threads)),
        ),
      E.right,
    ),
  )

const engineOf = ({ binding, version, threads }: Loaded): Engine => ({
  name: 'tensorflow',
  version,
  threads,
  open: (program, constants) => TE.tryCatch(async () => openSession(binding, program, constants), failed),
})

/**
 * The TensorFlow engine. The first load in a process fixes the number of threads.
 *
 * Errors  EngineMissing where no binding is found; EngineFailed where it does not load
 */
export const loadEngine = (options: LoadOptions = {}): TE.TaskEither<EngineError, Engine> =>
  pipe(
    TE.fromIOEither(() => loadBinding(options)),
    TE.map(engineOf),
  )
