/** Finds the images that paths name: files as they are, and all images in a folder. */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { FileError } from '../../../io/error.js'
import { fileFailed } from '../../../io/files.js'
import { type DataError, factOf } from '../../error.js'
import { listDirectory } from './directory.js'

/** Paths of images, and what cannot be read beside them. */
export interface FoundImages {
  readonly files: readonly string[]
  readonly refused: readonly DataError[]
}

const listFolder = (folder: string): TE.TaskEither<DataError, FoundImages> =>
  pipe(
    TE.tryCatch(() => listDirectory(folder, 0, () => undefined), factOf(folder)),
    TE.flatMap(({ paths, refused }) =>
      paths.length === 0 && refused.length === 0
        ? TE.left<DataError, FoundImages>({ _tag: 'NoImages', folder })
        : TE.right({ files: paths.map(path => join(folder, path)), refused }),
    ),
  )

/**
 * The images of a path: those of a folder and its subfolders, in the order of names, or the file itself, whatever its
 * ending.
 *
 * Errors  FileMissing, FileFailed; NoImages of a folder in which none lies
 */
export const findImages = (path: string): TE.TaskEither<DataError | FileError, FoundImages> =>
  pipe(
    TE.tryCatch(() => stat(path), fileFailed(path)),
    TE.flatMap(
      (stats): TE.TaskEither<DataError | FileError, FoundImages> =>
        stats.isDirectory() ? listFolder(path) : TE.right({ files: [path], refused: [] }),
    ),
  )
