/** The cpu engine, the reference of tests: tfjs in plain JavaScript. Slow; its packages are optional. */

import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { messageOf } from '../../io/exception.js'
import { beginWith, type Engine, type EngineError } from '../engine.js'
import { packageFolder } from '../tensorflow/install/package.js'

const failed = (reason: unknown): EngineError => ({
  _tag: 'EngineFailed',
  engine: 'cpu',
  reason: messageOf(reason),
})

const packages = ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-cpu'] as const

const missing = (name: string): EngineError => ({
  _tag: 'EngineMissing',
  engine: 'cpu',
  missing: `no package ${name}`,
  mend: `npm install ${packages.join(' ')}`,
})

/** The folders of its packages. Errors  EngineMissing with the first that is not installed */
export const findCpu = (): E.Either<EngineError, readonly string[]> =>
  pipe(
    packages,
    E.traverseArray(name =>
      pipe(
        packageFolder(name),
        E.mapLeft(() => missing(name)),
      ),
    ),
  )

/** Loads tfjs on demand. Errors  EngineMissing, EngineFailed */
export const loadCpu = (): TE.TaskEither<EngineError, Engine> =>
  pipe(
    TE.fromIOEither(findCpu),
    TE.flatMap(() =>
      TE.tryCatch(async () => {
        const tf = await import('@tensorflow/tfjs-core')
        await import('@tensorflow/tfjs-backend-cpu')
        await tf.setBackend('cpu')
        tf.env().set('PROD', true) // or the first tensor would print an advertisement
        tf.scalar(0).dispose()
        tf.env().set('PROD', false)
        const { openSession } = await import('./session.js')
        return { version: tf.version_core, openSession }
      }, failed),
    ),
    TE.map(({ version, openSession }) => ({
      name: 'cpu',
      version,
      threads: 1,
      open: (program, constants = {}) =>
        TE.tryCatch(async () => beginWith(constants)(openSession('cpu', program)), failed),
    })),
  )
