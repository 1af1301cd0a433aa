/** Files as effects: read, written whole or not at all, appended to. */
import { appendFile, mkdir, open, readFile, rename, rm, stat, truncate } from 'node:fs/promises'
import { dirname } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type * as t from 'io-ts'
import { decode, type Misread } from '../net/closed.js'
import type { BadFile, FileError } from './error.js'

const isMissing = (reason: unknown): boolean =>
  typeof reason === 'object' && reason !== null && 'code' in reason && reason.code === 'ENOENT'

/** What the system complains of, about a file. */
export const failed =
  (file: string) =>
  (reason: unknown): FileError =>
    isMissing(reason)
      ? { _tag: 'FileMissing', file }
      : { _tag: 'FileFailed', file, reason: reason instanceof Error ? reason.message : String(reason) }

export const readBytes = (file: string): TE.TaskEither<FileError, Uint8Array> =>
  TE.tryCatch(() => readFile(file), failed(file))

export const sizeOfFile = (file: string): TE.TaskEither<FileError, number> =>
  TE.tryCatch(async () => (await stat(file)).size, failed(file))

const replace = async (file: string, content: Uint8Array | string): Promise<void> => {
  const beside = `${file}.${process.pid}.part`
  try {
    const handle = await open(beside, 'w')
    try {
      await handle.writeFile(content)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(beside, file)
  } catch (reason) {
    await rm(beside, { force: true })
    throw reason
  }
}

/** Law  whoever reads `file` finds the old content or the new, never a part */
export const writeWhole = (file: string, content: Uint8Array | string): TE.TaskEither<FileError, void> =>
  TE.tryCatch(() => replace(file, content), failed(file))

export const makeFolder = (folder: string): TE.TaskEither<FileError, void> =>
  TE.tryCatch(async () => void (await mkdir(folder, { recursive: true })), failed(folder))

export const appendLine = (file: string, line: string): TE.TaskEither<FileError, void> =>
  TE.tryCatch(() => appendFile(file, `${line}\n`), failed(file))

/** Keeps the first `bytes` of a file that may hold more. */
export const cutTo = (file: string, bytes: number): TE.TaskEither<FileError, void> =>
  TE.tryCatch(async () => {
    await mkdir(dirname(file), { recursive: true })
    await appendFile(file, '')
    await truncate(file, bytes)
  }, failed(file))

const parse = (file: string) => (bytes: Uint8Array) =>
  TE.tryCatch(
    async (): Promise<unknown> => JSON.parse(new TextDecoder().decode(bytes)),
    (): BadFile => ({
      _tag: 'BadFile',
      file,
      fault: { _tag: 'Misread', at: '', wanted: 'JSON', got: 'other text' },
    }),
  )

/** A JSON file that holds what `codec` describes. */
export const readJson =
  <A>(codec: t.Type<A, unknown>) =>
  (file: string): TE.TaskEither<FileError | BadFile, A> =>
    pipe(
      readBytes(file),
      TE.flatMap(parse(file)),
      TE.flatMapEither(decode(codec)),
      TE.mapLeft((fault: FileError | BadFile | Misread): FileError | BadFile =>
        fault._tag === 'Misread' ? { _tag: 'BadFile', file, fault } : fault,
      ),
    )

export const writeJson =
  (file: string) =>
  (value: unknown): TE.TaskEither<FileError, void> =>
    writeWhole(file, `${JSON.stringify(value, null, 2)}\n`)

/** A file of one JSON value a line. */
export const readLines = (file: string): TE.TaskEither<FileError | BadFile, readonly unknown[]> =>
  pipe(
    readBytes(file),
    TE.flatMap(bytes =>
      pipe(
        new TextDecoder()
          .decode(bytes)
          .split('\n')
          .filter(line => line !== ''),
        TE.traverseArray(line => parse(file)(new TextEncoder().encode(line))),
      ),
    ),
  )
