/** DSL files: modules whose default export is an experiment or a net; and where else nets are found. */

import { existsSync } from 'node:fs'
import { extname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type * as t from 'io-ts'
import { readModel } from '../convert/model-file.js'
import { type DecodeError, decode } from '../io/codec.js'
import { isFolder } from '../io/files.js'
import { netCodec } from '../net/codec.js'
import { ownLayersIn, provideLayers } from '../net/own-layer.js'
import type { Net } from '../net/tree.js'
import type { BadFile, RunError } from './error.js'
import { isModelFile, readAnyModel } from './given/read-model.js'
import { resolveExported, resolveExportedOn } from './given/resolve.js'
import { checkSchedule } from './schedule/check.js'
import { experimentCodec, studyCodec } from './schedule/codec.js'
import type { Experiment } from './schedule/experiment.js'
import { functionsIn, provideFunctions } from './schedule/functions.js'
import { readCheckpointNet } from './storage/checkpoint.js'
import { checkSameExperiment, latest, openRun, type StoredRun } from './storage/stored-run.js'
import { checkNames } from './study/cells.js'
import type { Study } from './study/study.js'

/** Sources come through a loader of TypeScript that their files go through too; what is built from them has its own. */
const importModule = async (file: string): Promise<unknown> => {
  const path = resolve(file)
  if (import.meta.url.endsWith('.ts')) return import(pathToFileURL(path).href)
  const { createJiti } = await import('jiti')
  return createJiti(import.meta.url).import(path)
}

/** The line that says what is wrong: with its place where a transpiler puts that on a line of its own. */
const complaint = (reason: unknown): string => {
  const lines = (reason instanceof Error ? reason.message : String(reason))
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '')
  const [first = '', second = ''] = lines
  return (
    lines.find(line => line.includes('ERROR: ')) ??
    (first.startsWith('ParseError') ? `${first}: ${second}` : first)
  )
}

const badModule =
  (file: string) =>
  (reason: unknown): RunError => ({
    _tag: 'BadModule',
    file,
    reason: complaint(reason),
    stack: reason instanceof Error ? (reason.stack ?? '') : '',
  })

interface Exporting {
  readonly default?: unknown
}

const isModule = (module: unknown): module is Exporting => typeof module === 'object' && module !== null

/** Where a package does not say that it is of modules, a file comes as a script that exports a module. */
const isExporting = (exported: unknown): exported is Exporting =>
  typeof exported === 'object' && exported !== null && '__esModule' in exported

const endings = ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs']

const load = (file: string): TE.TaskEither<RunError, unknown> => {
  if (!existsSync(file)) return TE.left({ _tag: 'FileMissing', file })
  if (isFolder(file)) return TE.left({ _tag: 'NoModule', file, got: 'a folder' })
  return endings.includes(extname(file))
    ? TE.tryCatch(async () => {
        const module = await importModule(file)
        const exported = isModule(module) ? module.default : undefined
        return isExporting(exported) ? exported.default : exported
      }, badModule(file))
    : TE.left({ _tag: 'NoModule', file, got: `a ${extname(file) || 'file without an ending'}` })
}

const tagOf = (exported: unknown): unknown =>
  typeof exported === 'object' && exported !== null && '_tag' in exported ? exported._tag : undefined

/** What a DSL file may export, by tag. */
const things = { net: 'a net', experiment: 'an experiment', study: 'a study' } as const

type Thing = keyof typeof things

const isThing = (tag: unknown): tag is Thing => typeof tag === 'string' && Object.hasOwn(things, tag)

/** Refuses one of these where another is expected. */
const expecting =
  (expected: Thing) =>
  (exported: unknown): E.Either<DecodeError, unknown> => {
    const tag = tagOf(exported)
    return isThing(tag) && tag !== expected
      ? E.left({ _tag: 'DecodeError', at: '', expected: things[expected], got: things[tag] })
      : E.right(exported)
  }

/** How what a module exports becomes what is read of it. */
type Resolve = (exported: unknown) => TE.TaskEither<RunError | DecodeError, unknown>

/** What a module exports, read by a codec; told as what the file lacks where it does not fit. */
const reading =
  <A>(expected: Thing, codec: t.Type<A, unknown>, resolveFor: (file: string) => Resolve = () => TE.right) =>
  (file: string): TE.TaskEither<RunError, A> =>
    pipe(
      load(file),
      TE.flatMap(exported =>
        pipe(
          TE.fromEither(expecting(expected)(exported)),
          TE.flatMap(resolveFor(file)),
          TE.flatMapEither(decode(codec)),
          TE.mapLeft(
            (fault): RunError =>
              fault._tag === 'DecodeError' ? { _tag: 'NoExperiment', file, fault } : fault,
          ),
        ),
      ),
    )

/**
 * The experiment of a file; the model it begins with, where it names one, is read.
 *
 * Errors  FileMissing, NoModule, BadModule, NoExperiment with the first difference from one; those of `readAnyModel`
 */
export const loadExperiment = reading('experiment', experimentCodec, resolveExported)

/**
 * The study of a file; the models that its experiments begin with are read.
 *
 * Errors  FileMissing, NoModule, BadModule, NoExperiment with the first difference from a study; those of `readAnyModel` and
 *         `checkNames`
 */
export const loadStudy = (file: string): TE.TaskEither<RunError, Study> =>
  pipe(reading('study', studyCodec, resolveExported)(file), TE.flatMapEither(checkNames))

/** A file's experiment, or those of its study; on this net where it names a model that is not read. */
const loadAll = (file: string, net: Net): TE.TaskEither<RunError, readonly Experiment[]> =>
  pipe(
    load(file),
    TE.flatMap(exported =>
      tagOf(exported) === 'study'
        ? pipe(
            reading('study', studyCodec, () => resolveExportedOn(net))(file),
            TE.flatMapEither(checkNames),
            TE.map(({ variants }) => variants.map(({ experiment }) => experiment)),
          )
        : pipe(
            reading('experiment', experimentCodec, () => resolveExportedOn(net))(file),
            TE.map(experiment => [experiment]),
          ),
    ),
  )

/** The experiments of a file; none where the file is gone. */
const loadExperiments = (file: string, net: Net): TE.TaskEither<RunError, readonly Experiment[]> =>
  existsSync(file) ? loadAll(file, net) : TE.right([])

/** An experiment with the layers and the functions it names, from those of a file. Errors  NoFunction */
const provideFrom =
  (file: string, loaded: readonly Experiment[]) =>
  (experiment: Experiment): E.Either<RunError, Experiment> => {
    const { net, schedule, ...rest } = provideLayers(ownLayersIn(loaded))(experiment)
    const absent = ownLayersIn([net, schedule]).find(({ call }) => call === undefined)
    if (absent !== undefined) return E.left({ _tag: 'NoFunction', kind: 'layer', name: absent.layer, file })
    const functions = loaded.flatMap(each => functionsIn(each.schedule))
    return pipe(
      provideFunctions(functions, file)(schedule),
      E.map(steps => ({ ...rest, net, schedule: steps })),
    )
  }

/**
 * The experiment of a run with the functions it names, which the file that it began with is loaded again for.
 *
 * Errors  NoFunction where that file no longer has one; ExperimentDiffers where one asks for other evidence by now;
 *         those of loading a file
 */
export const restoreFunctions = (run: StoredRun): TE.TaskEither<RunError, Experiment> => {
  const { experiment, settings } = run
  const { module } = settings
  const named = [...functionsIn(experiment.schedule), ...ownLayersIn(experiment)]
  if (module === undefined || named.length === 0) return TE.right(experiment)
  return pipe(
    loadExperiments(module, experiment.net),
    TE.flatMapEither(loaded => provideFrom(module, loaded)(experiment)),
    TE.tapEither(restored => checkSameExperiment(restored)(run)),
  )
}

/**
 * A run whose nets can be read: where they have layers of a user's own, with their functions.
 *
 * Errors  those of `restoreFunctions`
 */
export const restoreLayers = (run: StoredRun): TE.TaskEither<RunError, StoredRun> =>
  ownLayersIn(run.experiment).length === 0
    ? TE.right(run)
    : pipe(
        restoreFunctions(run),
        TE.map(experiment => ({ ...run, experiment })),
      )

const studyNet = ({ variants: [first] }: Study, file: string): E.Either<RunError, Net> =>
  first === undefined
    ? E.left({
        _tag: 'NoExperiment',
        file,
        fault: { _tag: 'DecodeError', at: 'variants', expected: 'a variant', got: '[]' },
      })
    : E.right(first.experiment.net)

const moduleNet = (file: string): TE.TaskEither<RunError, Net> =>
  pipe(
    load(file),
    TE.flatMap(exported => {
      if (tagOf(exported) === 'net') return reading('net', netCodec)(file)
      if (tagOf(exported) === 'study')
        return pipe(
          loadStudy(file),
          TE.flatMapEither(study => studyNet(study, file)),
        )
      return pipe(
        loadExperiment(file),
        TE.tap(experiment => TE.fromEither(checkSchedule(Number.POSITIVE_INFINITY)(experiment))),
        TE.map(({ net }) => net),
      )
    }),
  )

/** The net of a model in a file or a folder of another format. */
const importedNet = (path: string): TE.TaskEither<RunError, Net> =>
  pipe(
    readAnyModel(path),
    TE.mapLeft(
      (error): RunError =>
        error._tag === 'UnknownFormat' && error.found === 'folder'
          ? { _tag: 'NoModule', file: path, got: 'a folder' }
          : error,
    ),
    TE.map(({ model }) => model.net),
  )

/** The net a run has come to. */
const runNet = (folder: string): TE.TaskEither<RunError, Net> =>
  pipe(
    openRun(folder),
    TE.flatMap(restoreLayers),
    TE.flatMap(latest),
    TE.map(({ learner }) => learner.model.net),
    TE.orElse(error =>
      error._tag === 'NothingToResume' ? importedNet(folder) : TE.left<RunError, Net>(error),
    ),
  )

const isCheckpoint = ({ fault }: BadFile): boolean =>
  fault._tag === 'NotAModel' && fault.found === 'checkpoint'

/** The net of a model, or of a run's checkpoint. */
const tensorsNet = (file: string): TE.TaskEither<RunError, Net> =>
  pipe(
    readModel(file),
    TE.map(({ net }) => net),
    TE.orElse(error =>
      error._tag === 'BadFile' && isCheckpoint(error) ? readCheckpointNet(file) : TE.left<RunError>(error),
    ),
  )

/**
 * The net of a module that exports one, of its experiment, or of its study's first variant; of a run, or of its
 * checkpoint; of a model of any format.
 */
export const loadNet = (path: string): TE.TaskEither<RunError, Net> => {
  if (isFolder(path)) return runNet(path)
  if (extname(path) === '.safetensors') return tensorsNet(path)
  return isModelFile(path) ? importedNet(path) : moduleNet(path)
}
