/** Files as effects: read, written whole or not at all, appended to. */

import { existsSync, mkdirSync, statSync } from 'node:fs'
import {
  appendFile,
  link,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  truncate,
} from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type * as t from 'io-ts'
import { type DecodeError, decode } from './codec.js'
import type { BadFile, FileError } from './error.js'
import { isCode, messageOf } from './exception.js'
import { parseJson } from './json.js'
import { type Owner, ownerIn, ownerText, thisProcess } from './process-owner.js'

/** An error of the system, as a fact about a file. */
export const fileFailed =
  (file: string) =>
  (reason: unknown): FileError =>
    isCode('ENOENT')(reason)
      ? { _tag: 'FileMissing', file }
      : { _tag: 'FileFailed', file, reason: messageOf(reason) }

export const readBytes = (file: string): TE.TaskEither<FileError, Uint8Array> =>
  TE.tryCatch(() => readFile(file), fileFailed(file))

export const sizeOfFile = (file: string): TE.TaskEither<FileError, number> =>
  TE.tryCatch(async () => (await stat(file)).size, fileFailed(file))

/** Flushes a file or folder to disk, so that it survives a power cut. */
const sync = async (path: string): Promise<void> => {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Flushes the names in a folder; Windows cannot open a folder as a file, and flushes names itself. */
const syncFolder = async (folder: string): Promise<void> => {
  if (process.platform !== 'win32') await sync(folder)
}

const part = '.part'

const writeSynced = async (file: string, content: Uint8Array | string): Promise<void> => {
  const handle = await open(file, 'w')
  try {
    await handle.writeFile(content)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

const temporaryFor = (file: string): string => `${file}.${ownerText(thisProcess())}${part}`

const replace = async (file: string, content: Uint8Array | string): Promise<void> => {
  const temporary = temporaryFor(file)
  try {
    await writeSynced(temporary, content)
    await rename(temporary, file)
    await syncFolder(dirname(file))
  } catch (reason) {
    await rm(temporary, { force: true })
    throw reason
  }
}

let created = 0

const createWhole = async (file: string, content: Uint8Array | string): Promise<boolean> => {
  const temporary = temporaryFor(`${file}.once${created++}`) // this process may be writing another
  try {
    await writeSynced(temporary, content)
    await link(temporary, file)
    await syncFolder(dirname(file))
    return true
  } catch (reason) {
    if (isCode('EEXIST')(reason)) return false
    throw reason
  } finally {
    await rm(temporary, { force: true })
  }
}

/** The process that writes a temporary file. */
const writerOf = (name: string): Owner | null => ownerIn(/\.(\d+\.\d*\.[^/]+)\.part$/.exec(name)?.[1] ?? '')

/** Removes the temporary files of processes that have ended. */
export const removeParts = (
  folder: string,
  hasEnded: (writer: Owner) => boolean,
): TE.TaskEither<FileError, void> =>
  TE.tryCatch(async () => {
    for (const name of existsSync(folder) ? await readdir(folder) : []) {
      const writer = writerOf(name)
      if (writer !== null && hasEnded(writer)) await rm(join(folder, name), { force: true })
    }
  }, fileFailed(folder))

/**
 * Law  whoever reads `file` finds the old content or the new, never a part; whoever has the old one open, or linked
 *      elsewhere, keeps it
 */
export const writeAtomically = (file: string, content: Uint8Array | string): TE.TaskEither<FileError, void> =>
  TE.tryCatch(() => replace(file, content), fileFailed(file))

/**
 * Writes a file unless there is one of that name; gives back whether it did.
 *
 * Law  of several that do so at once one does, and whoever reads `file` finds all of that or no file
 */
export const writeOnce = (file: string, content: Uint8Array | string): TE.TaskEither<FileError, boolean> =>
  TE.tryCatch(() => createWhole(file, content), fileFailed(file))

/** Whether a path leads to a folder; not where it leads nowhere, round in a circle, or through a file. */
export const isFolder = (path: string): boolean => existsSync(path) && statSync(path).isDirectory()

/**
 * Makes a folder, and those it is in. Node's `recursive` runs for ever where the system says that a folder does not
 * exist although the one it is to be made in does: in /proc, and in mounts that appear on demand.
 */
export const makeFolders = (folder: string): void => {
  if (isFolder(folder)) return
  try {
    mkdirSync(folder)
  } catch (reason) {
    if (isFolder(folder)) return // another process was faster
    if (!isCode('ENOENT')(reason)) throw reason
    if (isFolder(dirname(folder))) throw new Error(`no folder can be made in ${dirname(folder)}`)
    makeFolders(dirname(folder))
    makeFolders(folder)
  }
}

export const makeFolder = (folder: string): TE.TaskEither<FileError, void> =>
  TE.tryCatch(async () => makeFolders(folder), fileFailed(folder))

const makeUnused = async (path: string, nth = 1): Promise<string> => {
  const folder = nth === 1 ? path : `${path}-${nth}`
  try {
    await mkdir(folder)
    return folder
  } catch (reason) {
    if (isCode('EEXIST')(reason)) return makeUnused(path, nth + 1)
    throw reason
  }
}

/** Makes a new folder: of this name, or with a number after it. */
export const makeFreeFolder = (path: string): TE.TaskEither<FileError, string> =>
  pipe(
    makeFolder(dirname(path)),
    TE.flatMap(() => TE.tryCatch(() => makeUnused(path), fileFailed(path))),
  )

export const appendLine = (file: string, line: string): TE.TaskEither<FileError, void> =>
  TE.tryCatch(() => appendFile(file, `${line}\n`), fileFailed(file))

/** Flushes a file to disk, so that appended lines survive a power cut. */
export const syncFile = (file: string): TE.TaskEither<FileError, void> =>
  TE.tryCatch(() => sync(file), fileFailed(file))

/** Keeps the first `bytes` of a file that may hold more. */
export const truncateTo = (file: string, bytes: number): TE.TaskEither<FileError, void> =>
  TE.tryCatch(async () => {
    makeFolders(dirname(file))
    await appendFile(file, '')
    await truncate(file, bytes)
  }, fileFailed(file))

/** A JSON file that holds what `codec` describes. */
export const readJson =
  <A>(codec: t.Type<A, unknown>) =>
  (file: string): TE.TaskEither<FileError | BadFile<DecodeError>, A> =>
    pipe(
      readBytes(file),
      TE.flatMapEither(parseJson('')),
      TE.flatMapEither(decode(codec)),
      TE.mapLeft((fault: FileError | BadFile<DecodeError> | DecodeError): FileError | BadFile<DecodeError> =>
        fault._tag === 'DecodeError' ? { _tag: 'BadFile', file, fault } : fault,
      ),
    )

export const writeJson =
  (file: string) =>
  (value: unknown): TE.TaskEither<FileError, void> =>
    writeAtomically(file, `${JSON.stringify(value, null, 2)}\n`)
