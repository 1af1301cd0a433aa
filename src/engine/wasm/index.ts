/** The embedded engine: this project's own WebAssembly kernels, nothing to install. */

import { availableParallelism } from 'node:os'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { messageOf } from '../../io/exception.js'
import { beginWith, type Engine, type EngineError } from '../engine.js'
import { binary } from './binary.js'
import { WebAssembly } from './host.js'
import { emptyPool } from './pool.js'
import { profileKinds } from './profile.js'
import { openSession } from './session.js'
import { startThreads } from './threads.js'

const failed = (reason: unknown): EngineError => ({
  _tag: 'EngineFailed',
  engine: 'wasm',
  reason: messageOf(reason),
})

/**
 * The engine on this many threads, by default all that are available.
 *
 * Errors  EngineFailed where WebAssembly lacks SIMD or threads
 * Law     results are bit-equal for any number of threads
 */
export const loadWasm = (threads: number = availableParallelism()): TE.TaskEither<EngineError, Engine> =>
  pipe(
    TE.tryCatch(() => WebAssembly.compile(Buffer.from(binary, 'base64')), failed),
    TE.map(module => ({ module, threadPool: startThreads(threads), memoryPool: emptyPool() })),
    TE.map(context => ({
      name: 'wasm',
      version: '1',
      threads,
      open: (program, constants = {}) =>
        TE.tryCatch(async () => beginWith(constants)(openSession(context, program)), failed),
      profile: call => TE.tryCatch(() => profileKinds(call), failed),
    })),
  )
