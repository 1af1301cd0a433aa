/** Weights in HDF5: numbered in the groups of a Keras 3 store, or named in the groups of a Keras 2 file. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { DecodeError } from '../../../io/codec.js'
import { lastName, parentPath } from '../../../net/path.js'
import type { ImportError } from '../../error.js'
import type { Hdf5Array, Hdf5File } from '../hdf5/file.js'
import {
  badType,
  namesOfWeight,
  numberedPath,
  type StoredWeight,
  type WeightAddress,
  type WeightStore,
} from './source.js'

const inFile =
  (file: string) =>
  (fault: DecodeError): ImportError => ({ _tag: 'BadFile', file, fault })

const types = new Set(['float32', 'float64'])

const storedAt =
  (file: string, hdf5: Hdf5File) =>
  (path: string): E.Either<ImportError, StoredWeight | null> => {
    const weightOf = (array: Hdf5Array | null): E.Either<ImportError, StoredWeight | null> => {
      if (array === null) return E.right(null)
      if (!types.has(array.type)) return badType(path, array.type)
      return E.right({
        shape: array.shape,
        read: TE.fromEither(pipe(array.read(), E.mapLeft(inFile(file)))),
      })
    }
    return pipe(hdf5.arrayAt(path), E.mapLeft(inFile(file)), E.flatMap(weightOf))
  }

/** Weights of a `.weights.h5` file: `layers/conv2d_1/vars/0`. */
export const numberedWeights = (file: string, hdf5: Hdf5File): WeightStore => ({
  find: address => storedAt(file, hdf5)(numberedPath(address)),
  similar: () => [],
})

/** A weight's name without its output's number: `conv/kernel:0`. */
const plain = (name: string): string => name.replace(/:\d+$/, '')

/** Names of the weights of a group; long lists are split over numbered attributes. */
const namesIn = (hdf5: Hdf5File, group: string): E.Either<DecodeError, readonly string[]> => {
  const chunks = (nth: number, before: readonly string[]): E.Either<DecodeError, readonly string[]> =>
    pipe(
      hdf5.textsAt(group, `weight_names${nth}`),
      E.flatMap(found => (found === null ? E.right(before) : chunks(nth + 1, [...before, ...found]))),
    )
  return pipe(
    hdf5.textsAt(group, 'weight_names'),
    E.flatMap(found => (found === null ? chunks(0, []) : E.right(found))),
  )
}

/** The names that may be a weight's: those of its layer, where the group holds the weights of a whole model. */
const matching = ({ place: { names }, weight }: WeightAddress, all: readonly string[]): readonly string[] => {
  const ofKind = all.filter(name => namesOfWeight(weight).includes(lastName(plain(name))))
  const [layer = ''] = names.slice(1).slice(-1)
  return names.length === 1 ? ofKind : ofKind.filter(name => lastName(parentPath(plain(name))) === layer)
}

/** Weights of an `.h5` file: `model_weights/LAYER`, with an attribute that names the arrays. */
export const namedWeights = (file: string, hdf5: Hdf5File, root: string): WeightStore => {
  const groupOf = ({ place: { names } }: WeightAddress) => `${root}/${names[0] ?? ''}`
  return {
    find: address =>
      pipe(
        namesIn(hdf5, groupOf(address)),
        E.mapLeft(inFile(file)),
        E.map(all => matching(address, all)),
        E.flatMap(([name, ...others]) =>
          name === undefined || others.length > 0
            ? E.right(null)
            : storedAt(file, hdf5)(`${groupOf(address)}/${name}`),
        ),
      ),
    similar: address =>
      pipe(
        namesIn(hdf5, groupOf(address)),
        E.getOrElse((): readonly string[] => []),
      ),
  }
}
