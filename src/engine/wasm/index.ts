/** The embedded engine: WebAssembly kernels of this project's own, nothing to install. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Engine, EngineError } from '../engine.js'
import { binary } from './binary.js'
import { WebAssembly } from './host.js'
import { openSession } from './session.js'

const failed = (reason: unknown): EngineError => ({
  _tag: 'EngineFailed',
  engine: 'wasm',
  reason: reason instanceof Error ? reason.message : String(reason),
})

/** Errors  EngineFailed where WebAssembly with SIMD is missing */
export const loadWasm = (): TE.TaskEither<EngineError, Engine> =>
  pipe(
    TE.tryCatch(() => WebAssembly.compile(Buffer.from(binary, 'base64')), failed),
    TE.map(module => ({
      name: 'wasm',
      version: '1',
      threads: 1,
      open: program => TE.tryCatch(async () => openSession(module, program), failed),
    })),
  )
