/** The paths that a model's file names: only files inside its own folder are read. */
import { realpath } from 'node:fs/promises'
import { isAbsolute, relative, resolve } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { fileFailed } from '../io/files.js'
import type { ImportError } from './error.js'

const isOutside = (folder: string, file: string): boolean => {
  const way = relative(folder, file)
  return way === '' || way.startsWith('..') || isAbsolute(way)
}

/** The real path of a file, which must be in the folder. Errors  PathLeaves, FileMissing, FileFailed */
export const fileIn =
  (folder: string) =>
  (path: string): TE.TaskEither<ImportError, string> => {
    const file = resolve(folder, path)
    const pathLeaves: ImportError = { _tag: 'PathLeaves', folder, path }
    return isOutside(resolve(folder), file)
      ? TE.left(pathLeaves)
      : pipe(
          TE.tryCatch(() => Promise.all([realpath(folder), realpath(file)]), fileFailed(file)),
          TE.flatMap(([home, real]) =>
            isOutside(home, real) ? TE.left<ImportError, string>(pathLeaves) : TE.right(real),
          ),
        )
  }
