/** DSL files: modules whose default export is a net, an experiment or a study. */

import { existsSync } from 'node:fs'
import { dirname, extname, relative, resolve, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type * as t from 'io-ts'
import { type DecodeError, decode, isRecord } from '../../io/codec.js'
import { isCode, messageOf } from '../../io/exception.js'
import { isFolder } from '../../io/files.js'
import { isCheckout } from '../../io/text/command-text.js'
import type { RunError } from '../error.js'
import { registerTypeScript } from './typescript.js'

const isSource = import.meta.url.endsWith('.ts')

/** Where files lie that import this program by its sources: in a checkout, or among the DSL files of the package. */
const own = fileURLToPath(new URL(isCheckout ? '../../..' : '../../../dsl/', import.meta.url))

/** The sources: those that run, or that what runs was made of. */
export const sourceFolder = fileURLToPath(new URL('../../../src', import.meta.url))

/** How a file may name the sources: by their path, by the way from it, or, from beside them, from any depth of folders. */
const sourceNames = (path: string): readonly string[] => [
  sourceFolder,
  relative(dirname(path), sourceFolder).split(sep).join('/'),
  ...(path.startsWith(own) ? [1, 2, 3].map(depth => `${'../'.repeat(depth)}src`) : []),
]

/**
 * Law  a file that imports the sources of this program gets the modules that run, as with Node's own loading of
 *      TypeScript
 */
const transpile = async (path: string): Promise<unknown> => {
  const { createJiti } = await import('jiti')
  const running = fileURLToPath(new URL('../..', import.meta.url))
  const alias = Object.fromEntries(sourceNames(path).map(name => [name, running]))
  return createJiti(import.meta.url, { alias }).import(path)
}

/** What Node says of TypeScript that is not JavaScript with types, or of files that only a transpiler finds. */
const beyondNode = [
  'ERR_INVALID_TYPESCRIPT_SYNTAX',
  'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX',
  'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING',
  'ERR_UNSUPPORTED_DIR_IMPORT',
  'ERR_MODULE_NOT_FOUND',
]

const isBeyondNode = isCode(...beyondNode)

/** By Node where it can, or by the loader that this program's sources came through; else through a transpiler. */
const importModule = async (file: string): Promise<unknown> => {
  const path = resolve(file)
  const isNative = registerTypeScript()
  if (!isSource && !isNative) return transpile(path)
  try {
    return await import(pathToFileURL(path).href)
  } catch (reason) {
    if (isNative && isBeyondNode(reason)) return transpile(path)
    throw reason
  }
}

/** The line that says what is wrong: with its place where a transpiler puts that on a line of its own. */
const complaint = (reason: unknown): string => {
  const lines = messageOf(reason)
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

const defaultOf = (module: unknown): unknown =>
  isRecord(module) ? Reflect.get(module, 'default') : undefined

/** Where a package does not say that it is of modules, a file comes as a script that exports a module. */
const isScript = (exported: unknown): boolean => isRecord(exported) && '__esModule' in exported

const endings = ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs']

export const load = (file: string): TE.TaskEither<RunError, unknown> => {
  if (!existsSync(file)) return TE.left({ _tag: 'FileMissing', file })
  if (isFolder(file)) return TE.left({ _tag: 'NoModule', file, got: 'a folder' })
  return endings.includes(extname(file))
    ? TE.tryCatch(async () => {
        const exported = defaultOf(await importModule(file))
        return isScript(exported) ? defaultOf(exported) : exported
      }, badModule(file))
    : TE.left({
        _tag: 'NoModule',
        file,
        got: extname(file) === '' ? 'a file without an extension' : `a ${extname(file)} file`,
      })
}

export const tagOf = (exported: unknown): unknown =>
  isRecord(exported) && '_tag' in exported ? exported._tag : undefined

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

export const reading =
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
