/** DSL files: modules whose default export is an experiment or a net. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { decode } from '../net/closed.js'
import { netCodec } from '../net/codec.js'
import type { Net } from '../net/layer.js'
import { experimentCodec, studyCodec } from './codec.js'
import type { RunError } from './error.js'
import type { Experiment } from './experiment.js'
import type { Study } from './study.js'

/** TypeScript needs a loader, unless this very file came through one. */
const readTypeScript = async (): Promise<void> => {
  if (import.meta.url.endsWith('.ts')) return
  const { register } = await import('tsx/esm/api')
  register()
}

const firstLine = (reason: unknown): string =>
  (reason instanceof Error ? reason.message : String(reason)).split('\n').find(line => line.trim() !== '') ??
  ''

const load = (file: string): TE.TaskEither<RunError, unknown> =>
  existsSync(file)
    ? TE.tryCatch(
        async () => {
          await readTypeScript()
          const module: { readonly default?: unknown } = await import(pathToFileURL(resolve(file)).href)
          return module.default
        },
        (reason): RunError => ({ _tag: 'BadModule', file, reason: firstLine(reason) }),
      )
    : TE.left({ _tag: 'FileMissing', file })

const isNet = (exported: unknown): boolean =>
  typeof exported === 'object' && exported !== null && '_tag' in exported && exported._tag === 'net'

/** Errors  FileMissing, BadModule, NoExperiment with the first difference from one */
export const loadExperiment = (file: string): TE.TaskEither<RunError, Experiment> =>
  pipe(
    load(file),
    TE.flatMapEither(exported =>
      pipe(
        decode(experimentCodec)(exported),
        E.mapLeft((fault): RunError => ({ _tag: 'NoExperiment', file, fault })),
      ),
    ),
  )

/** The net of a file that exports one, or of its experiment. */
export const loadNet = (file: string): TE.TaskEither<RunError, Net> =>
  pipe(
    load(file),
    TE.flatMap(exported =>
      isNet(exported)
        ? pipe(
            decode(netCodec)(exported),
            E.mapLeft((fault): RunError => ({ _tag: 'NoExperiment', file, fault })),
            TE.fromEither,
          )
        : pipe(
            loadExperiment(file),
            TE.map(({ net }) => net),
          ),
    ),
  )

/** Errors  FileMissing, BadModule, NoExperiment with the first difference from a study */
export const loadStudy = (file: string): TE.TaskEither<RunError, Study> =>
  pipe(
    load(file),
    TE.flatMapEither(exported =>
      pipe(
        decode(studyCodec)(exported),
        E.mapLeft((fault): RunError => ({ _tag: 'NoExperiment', file, fault })),
      ),
    ),
  )
