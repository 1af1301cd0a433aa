/** Reads the weights of a LayersModel: the manifest lists them, all sizes are checked before any file is read. */
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import { closed, closedPartial, naturalNumber } from '../../../io/codec.js'
import { fileFailed } from '../../../io/files.js'
import { type Shape, sizeOf } from '../../../net/shape.js'
import type { Tensor } from '../../../net/weights.js'
import type { ImportError } from '../../error.js'
import { fileIn } from '../../file-in-folder.js'

const entry = closedPartial(
  { name: t.string, shape: t.readonlyArray(naturalNumber), dtype: t.string },
  { group: t.string, quantization: t.unknown },
)

/** Groups of files, and the arrays stored one after another in each group. */
export const manifestCodec = t.readonlyArray(
  closed({
    paths: t.readonlyArray(t.string, 'a list of file names'),
    weights: t.readonlyArray(entry, 'a list of weights'),
  }),
  'a list of paths and weights',
)

export type Manifest = t.TypeOf<typeof manifestCodec>

const quantised = t.type({ dtype: t.string })

const refuse = ({ name, dtype, quantization }: t.TypeOf<typeof entry>): ImportError | null => {
  if (quantization !== undefined)
    return {
      _tag: 'WeightDiffers',
      name,
      fault: 'quantised',
      got: quantised.is(quantization) ? quantization.dtype : 'other numbers',
    }
  return dtype === 'float32' ? null : { _tag: 'WeightDiffers', name, fault: 'type', got: dtype }
}

/** Checks that every weight is float32 and none is quantised. Errors  WeightDiffers with the first */
export const checkTypes = (manifest: Manifest): E.Either<ImportError, Manifest> => {
  const first = manifest.flatMap(({ weights }) => weights.map(refuse)).find(error => error !== null)
  return first === undefined || first === null ? E.right(manifest) : E.left(first)
}

/** The place of an array: its group, and bytes from the group's beginning. */
export interface ArrayPlace {
  readonly shape: Shape
  readonly group: number
  readonly from: number
}

const bytesOf = (shape: Shape): number => 4 * sizeOf(shape)

/** A Keras name, and the same without the inner name that Keras 2.2 and later put before the last. */
const aliases = (name: string): readonly string[] => {
  const parts = name.split('/')
  return [name, [...parts.slice(0, -2), ...parts.slice(-1)].join('/')]
}

/** Every array by its names; exact names win over shortened ones. */
export const indexArrays = (manifest: Manifest): ReadonlyMap<string, ArrayPlace> => {
  const entries = manifest.flatMap(({ weights }, group) => {
    let from = 0
    return weights.map(({ name, shape }) => {
      const place: ArrayPlace = { shape, group, from }
      from += bytesOf(shape)
      return [name, place] as const
    })
  })
  const aliased = entries.map(([name, place]) => [aliases(name)[1] ?? name, place] as const)
  return new Map([...aliased, ...entries])
}

interface Group {
  readonly files: readonly string[]
  readonly bytes: number
}

const measureGroup =
  (folder: string) =>
  ({ paths, weights }: Manifest[number]): TE.TaskEither<ImportError, Group> => {
    const expected = weights.reduce((sum, { shape }) => sum + bytesOf(shape), 0)
    return pipe(
      paths,
      TE.traverseSeqArray(fileIn(folder)),
      TE.bindTo('files'),
      TE.bindW('sizes', ({ files }) =>
        TE.traverseSeqArray((file: string) =>
          TE.tryCatch(async () => (await stat(file)).size, fileFailed(file)),
        )(files),
      ),
      TE.flatMap(({ files, sizes }) => {
        const got = sizes.reduce((sum, size) => sum + size, 0)
        return got === expected
          ? TE.right({ files, bytes: got })
          : TE.left<ImportError, Group>({
              _tag: 'WrongBytes',
              files: paths.map(path => join(folder, path)),
              expected,
              got,
            })
      }),
    )
  }

const readGroup = ({ files, bytes }: Group): TE.TaskEither<ImportError, Uint8Array> =>
  pipe(
    files,
    TE.traverseSeqArray(file => TE.tryCatch(() => readFile(file), fileFailed(file))),
    TE.map(parts => {
      const whole = new Uint8Array(bytes)
      let from = 0
      for (const part of parts) {
        whole.set(part.subarray(0, bytes - from), from)
        from += part.byteLength
      }
      return whole
    }),
  )

/**
 * The bytes of every group. All paths and sizes are checked before the first file is read.
 *
 * Errors  PathLeaves, WrongBytes, FileMissing, FileFailed
 */
export const readGroups =
  (folder: string) =>
  (manifest: Manifest): TE.TaskEither<ImportError, readonly Uint8Array[]> =>
    pipe(manifest, TE.traverseSeqArray(measureGroup(folder)), TE.flatMap(TE.traverseSeqArray(readGroup)))

/** One array of a group. Errors  NotFiniteWeight with the weight's key in the net */
export const tensorAt =
  (groups: readonly Uint8Array[], key: string) =>
  ({ shape, group, from }: ArrayPlace): E.Either<ImportError, Tensor> => {
    const bytes = groups[group]?.slice(from, from + bytesOf(shape)) ?? new Uint8Array()
    const data = new Float32Array(bytes.buffer)
    const index = data.findIndex(value => !Number.isFinite(value))
    return index < 0 ? E.right({ shape, data }) : E.left({ _tag: 'NotFiniteWeight', key, index })
  }
