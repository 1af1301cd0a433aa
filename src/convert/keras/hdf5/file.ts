/** An HDF5 file in memory. Sizes come from its headers and are checked before any content is read. */
import { randomUUID } from 'node:crypto'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type * as Hdf5 from 'h5wasm'
import type { DecodeError } from '../../../io/codec.js'
import { mostTextBytes } from '../../../io/limits.js'
import { type Shape, sizeOf } from '../../../net/shape.js'
import { type Hdf5Library, hdf5Failed, loadHdf5 } from './library.js'

/** An array of a file, whose values are still there. */
export interface Hdf5Array {
  readonly shape: Shape
  /** As in `float32`. */
  readonly type: string
  readonly read: () => E.Either<DecodeError, Float32Array>
}

export interface Hdf5File {
  readonly arrayAt: (path: string) => E.Either<DecodeError, Hdf5Array | null>
  /** The texts of an attribute, one where it is no list; null where there is no such attribute. */
  readonly textsAt: (path: string, attribute: string) => E.Either<DecodeError, readonly string[] | null>
  readonly close: () => void
}

const attempt = <A>(at: string, read: () => A): E.Either<DecodeError, A> => E.tryCatch(read, hdf5Failed(at))

const typeNames: Readonly<Record<string, string>> = {
  '<f': 'float32',
  '<d': 'float64',
  '<e': 'float16',
  '<i': 'int32',
  '<q': 'int64',
}

const typeOf = ({ dtype }: Hdf5.Dataset): string =>
  typeof dtype === 'string' ? (typeNames[dtype] ?? dtype) : 'records'

const arrayOf = (path: string, dataset: Hdf5.Dataset): Hdf5Array => ({
  shape: dataset.shape ?? [],
  type: typeOf(dataset),
  read: () => attempt(path, () => Float32Array.from(dataset.value as Float32Array | Float64Array)), // its type is checked
})

const textsOf = ({ value }: Hdf5.Attribute): readonly string[] => {
  if (typeof value === 'string') return [value]
  return Array.isArray(value) ? value.filter(each => typeof each === 'string') : []
}

/** Bytes of an attribute beside its texts, which cannot be more than the library's memory. */
const bytesOf = ({ shape, metadata }: Hdf5.Attribute): number => sizeOf(shape ?? []) * metadata.size

const checkText =
  (at: string) =>
  (attribute: Hdf5.Attribute): E.Either<DecodeError, Hdf5.Attribute> =>
    bytesOf(attribute) <= mostTextBytes
      ? E.right(attribute)
      : E.left({
          _tag: 'DecodeError',
          at,
          expected: `at most ${mostTextBytes.toLocaleString('en')} bytes`,
          got: bytesOf(attribute).toLocaleString('en'),
        })

const attributeOf = (library: Hdf5Library, found: unknown, name: string): Hdf5.Attribute | null =>
  found instanceof library.Group ? (found.attrs[name] ?? null) : null

const openAs =
  (library: Hdf5Library, path: string) =>
  (bytes: Uint8Array): Hdf5File => {
    library.files.writeFile(path, bytes, { canOwn: true })
    const file = new library.File(path, 'r')
    return {
      arrayAt: place =>
        attempt(place, () => {
          const found = file.get(place)
          return found instanceof library.Dataset ? arrayOf(place, found) : null
        }),
      textsAt: (place, name) =>
        pipe(
          attempt(place, () => attributeOf(library, place === '' ? file : file.get(place), name)),
          E.flatMap(attribute =>
            attribute === null
              ? E.right(null)
              : pipe(
                  checkText(name)(attribute),
                  E.flatMap(found => attempt(name, () => textsOf(found))),
                ),
          ),
        ),
      close: () => {
        file.close()
        library.files.unlink(path)
      },
    }
  }

/**
 * Opens the bytes of a file; the library keeps them until it is closed.
 *
 * Errors  DecodeError with the library's reason where they are no HDF5, or truncated
 */
export const openHdf5 = (bytes: Uint8Array): TE.TaskEither<DecodeError, Hdf5File> =>
  pipe(
    TE.tryCatch(loadHdf5, hdf5Failed('')),
    TE.flatMapEither(library => attempt('', () => openAs(library, `/${randomUUID()}.h5`)(bytes))),
  )
