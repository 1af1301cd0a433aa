/** The slow reference: tfjs in plain JavaScript. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { beginWith, type Engine, type EngineError } from './engine.js'

const failed = (reason: unknown): EngineError => ({
  _tag: 'EngineFailed',
  engine: 'cpu',
  reason: reason instanceof Error ? reason.message : String(reason),
})

/** Loads tfjs only when asked. Errors  EngineFailed */
export const loadCpu = (): TE.TaskEither<EngineError, Engine> =>
  pipe(
    TE.tryCatch(async () => {
      const tf = await import('@tensorflow/tfjs-core')
      await import('@tensorflow/tfjs-backend-cpu')
      await tf.setBackend('cpu')
      tf.env().set('PROD', true) // or its first tensor would advertise another package
      tf.scalar(0).dispose()
      tf.env().set('PROD', false)
      const { openSession } = await import('./tfjs/session.js')
      return { version: tf.version_core, openSession }
    }, failed),
    TE.map(({ version, openSession }) => ({
      name: 'cpu',
      version,
      threads: 1,
      open: (program, constants = {}) =>
        TE.tryCatch(async () => beginWith(constants)(openSession('cpu', program)), failed),
    })),
  )
