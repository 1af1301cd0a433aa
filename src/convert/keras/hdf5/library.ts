/** The HDF5 library, compiled to WebAssembly. It is loaded with the first file, and keeps files in its own memory. */

import type * as Hdf5 from 'h5wasm'
import type { DecodeError } from '../../../io/codec.js'
import { messageOf } from '../../../io/exception.js'

export type Hdf5Library = typeof Hdf5 & { readonly files: FileSystem }

/** What is used of Emscripten's file system in memory. */
interface FileSystem {
  readonly writeFile: (path: string, bytes: Uint8Array, options: { readonly canOwn: boolean }) => void
  readonly readFile: (path: string) => Uint8Array
  readonly unlink: (path: string) => void
}

/** Loads the library; its errors become exceptions, which would otherwise be lines on stderr. */
export const loadHdf5 = async (): Promise<Hdf5Library> => {
  const library = await import('h5wasm')
  const module = await library.ready
  module.activate_throwing_error_handler()
  return { ...library, files: library.FS as unknown as FileSystem } // its declaration needs Emscripten's types
}

/** The reasons in a stack of HDF5 errors: `#006: …/H5Fsuper.c line 577 in H5F__super_read(): truncated file`. */
const reasons = /\(\): (.+)/g

/** An exception of the library as a fact about a place in a file. */
export const hdf5Failed =
  (at: string) =>
  (reason: unknown): DecodeError => {
    const message = messageOf(reason)
    const [innermost] = [...message.matchAll(reasons)].slice(-1)
    const got = innermost?.[1] ?? message.split('\n', 1)[0] ?? ''
    return { _tag: 'DecodeError', at, expected: 'readable HDF5', got }
  }
