/** DSL files: modules whose default export is an experiment or a net. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type * as t from 'io-ts'
import { decode, type Misread } from '../net/closed.js'
import { netCodec } from '../net/codec.js'
import type { Net } from '../net/layer.js'
import { experimentCodec, studyCodec } from './codec.js'
import type { RunError } from './error.js'
import { rehearse } from './rehearse.js'
import type { Study } from './study.js'

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

const load = (file: string): TE.TaskEither<RunError, unknown> =>
  existsSync(file)
    ? TE.tryCatch(async () => {
        const module = await importModule(file)
        const exported = isModule(module) ? module.default : undefined
        return isExporting(exported) ? exported.default : exported
      }, badModule(file))
    : TE.left({ _tag: 'FileMissing', file })

const tagOf = (exported: unknown): unknown =>
  typeof exported === 'object' && exported !== null && '_tag' in exported ? exported._tag : undefined

/** What a DSL file may export, by tag. */
const things = { net: 'a net', experiment: 'an experiment', study: 'a study' } as const

type Thing = keyof typeof things

const isThing = (tag: unknown): tag is Thing => typeof tag === 'string' && Object.hasOwn(things, tag)

/** Refuses one of these where another is wanted. */
const expecting =
  (wanted: Thing) =>
  (exported: unknown): E.Either<Misread, unknown> => {
    const tag = tagOf(exported)
    return isThing(tag) && tag !== wanted
      ? E.left({ _tag: 'Misread', at: '', wanted: things[wanted], got: things[tag] })
      : E.right(exported)
  }

/** What a module exports, read by a codec; told as what the file lacks where it does not fit. */
const reading =
  <A>(wanted: Thing, codec: t.Type<A, unknown>) =>
  (file: string): TE.TaskEither<RunError, A> =>
    pipe(
      load(file),
      TE.flatMapEither(exported =>
        pipe(
          expecting(wanted)(exported),
          E.flatMap(decode(codec)),
          E.mapLeft((fault): RunError => ({ _tag: 'NoExperiment', file, fault })),
        ),
      ),
    )

/** Errors  FileMissing, BadModule, NoExperiment with the first difference from one */
export const loadExperiment = reading('experiment', experimentCodec)

/** Errors  FileMissing, BadModule, NoExperiment with the first difference from a study */
export const loadStudy = reading('study', studyCodec)

const studyNet = ({ entrants: [first] }: Study, file: string): E.Either<RunError, Net> =>
  first === undefined
    ? E.left({
        _tag: 'NoExperiment',
        file,
        fault: { _tag: 'Misread', at: 'entrants', wanted: 'an entrant', got: '[]' },
      })
    : E.right(first.experiment.net)

/** The net of a file that exports one, of its experiment, or of the first entrant of its study. */
export const loadNet = (file: string): TE.TaskEither<RunError, Net> =>
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
        TE.tap(experiment => TE.fromEither(rehearse(Number.POSITIVE_INFINITY)(experiment))),
        TE.map(({ net }) => net),
      )
    }),
  )
