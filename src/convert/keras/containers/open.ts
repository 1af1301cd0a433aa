/** Opens a saved Keras model by what its path holds. */
import { existsSync } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { fileFailed } from '../../../io/files.js'
import type { FoundFormat, ImportError } from '../../error.js'
import { openHdf5Model } from './hdf5-model.js'
import { openKerasArchive } from './keras-archive.js'
import { modelFile, openLayersFolder } from './layers-folder.js'
import type { KerasSource } from './source.js'

type Open = (path: string) => TE.TaskEither<ImportError, KerasSource>

/** Formats by the bytes that their files begin with. */
const signatures: readonly (readonly [signature: string, Open])[] = [
  ['PK\x03\x04', openKerasArchive],
  ['\x89HDF\r\n\x1a\n', openHdf5Model],
]

/** Formats by extension, for files that do not begin as expected. */
const extensions: Readonly<Record<string, Open>> = {
  '.keras': openKerasArchive,
  '.h5': openHdf5Model,
  '.hdf5': openHdf5Model,
}

const foreign: Readonly<Record<string, FoundFormat>> = {
  '.onnx': 'onnx',
  '.pt': 'pickle',
  '.pth': 'pickle',
  '.pb': 'savedmodel',
  '.safetensors': 'safetensors',
}

/** Formats that are not read, by the first bytes of their files: PyTorch writes a pickle, or a zip archive of one. */
const foreignHead = (head: string): FoundFormat | null => {
  if (head.startsWith('PK') && head.includes('/data.pkl')) return 'pickle'
  if (head.charCodeAt(0) === 0x80 && head.charCodeAt(1) < 6) return 'pickle'
  return head.startsWith('TFL3', 4) ? 'tflite' : null
}

/** How many bytes say the format. */
const headLength = 256

const refuse =
  (found: FoundFormat): Open =>
  path =>
    TE.left({ _tag: 'UnknownFormat', path, found })

const forFolder = (path: string): Open => {
  if (existsSync(join(path, modelFile))) return openLayersFolder
  return refuse(existsSync(join(path, 'saved_model.pb')) ? 'savedmodel' : 'folder')
}

const readHead = async (file: string): Promise<string> => {
  const handle = await open(file)
  try {
    const { buffer, bytesRead } = await handle.read(new Uint8Array(headLength), 0, headLength, 0)
    return String.fromCharCode(...buffer.subarray(0, bytesRead))
  } finally {
    await handle.close()
  }
}

const forFile = (path: string, head: string): Open => {
  const extension = extname(path).toLowerCase()
  if (basename(path) === modelFile) return file => openLayersFolder(dirname(file))
  const found = foreignHead(head)
  if (found !== null) return refuse(found)
  const [, bySignature] = signatures.find(([signature]) => head.startsWith(signature)) ?? []
  return bySignature ?? extensions[extension] ?? refuse(foreign[extension] ?? 'file')
}

/**
 * Opens a `.keras` file, an `.h5` file, a `model.json`, or a folder that holds one.
 *
 * Errors  UnknownFormat; those of the format; FileMissing, FileFailed
 */
export const openKerasModel: Open = path =>
  pipe(
    TE.tryCatch(
      async () => ((await stat(path)).isDirectory() ? forFolder(path) : forFile(path, await readHead(path))),
      fileFailed(path),
    ),
    TE.flatMap(openFound => openFound(path)),
  )
