/** The weights of a LayersModel: the manifest lists arrays that lie one after another in groups of files. */

import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import { closed, closedPartial, naturalNumber } from '../../../io/codec.js'
import { sumBy } from '../../../io/count.js'
import { lastName } from '../../../net/path.js'
import { sizeOf } from '../../../net/shape.js'
import type { ImportError } from '../../error.js'
import { formatOf, sizeOfNumber } from './numbers.js'
import { readRange, type Shards, shardsIn } from './shards.js'
import { badType, numberedPath, type StoredWeight, type WeightAddress, type WeightStore } from './source.js'

const entryCodec = closedPartial(
  { name: t.string, shape: t.readonlyArray(naturalNumber), dtype: t.string },
  { group: t.string, quantization: t.unknown },
)

type Entry = t.TypeOf<typeof entryCodec>

/** Groups of files, and the arrays stored one after another in each group. */
export const manifestCodec = t.readonlyArray(
  closed({
    paths: t.readonlyArray(t.string, 'a list of file names'),
    weights: t.readonlyArray(entryCodec, 'a list of weights'),
  }),
  'a list of paths and weights',
)

export type Manifest = t.TypeOf<typeof manifestCodec>

const isQuantised = t.type({ dtype: t.string })

const typeOf = ({ dtype, quantization }: Entry): string =>
  isQuantised.is(quantization) ? quantization.dtype : dtype

/** An array and its first byte in its group's files. */
interface PlacedEntry {
  readonly entry: Entry
  readonly shards: Shards
  readonly from: number
  readonly bytes: number
}

/** A group's arrays one after another. Errors  WeightDiffers where the size of an array's numbers is unknown */
const placeEntries = (
  weights: readonly Entry[],
): E.Either<ImportError, readonly Omit<PlacedEntry, 'shards'>[]> => {
  let from = 0
  return pipe(
    weights,
    E.traverseArray(entry => {
      const size = sizeOfNumber(entry.dtype, entry.quantization)
      if (size === undefined) return badType(entry.name, typeOf(entry))
      const placed = { entry, from, bytes: size * sizeOf(entry.shape) }
      from += placed.bytes
      return E.right(placed)
    }),
  )
}

const placeGroup =
  (folder: string) =>
  ({ paths, weights }: Manifest[number]): TE.TaskEither<ImportError, readonly PlacedEntry[]> =>
    pipe(
      TE.fromEither(placeEntries(weights)),
      TE.flatMap(placed =>
        pipe(
          shardsIn(folder)(
            paths,
            sumBy(placed, ({ bytes }) => bytes),
          ),
          TE.map(shards => placed.map(each => ({ ...each, shards }))),
        ),
      ),
    )

/** A name without the inner name that Keras 2.2 and later put before the last. */
const shortened = (name: string): string => {
  const parts = name.split('/')
  return [...parts.slice(0, -2), ...parts.slice(-1)].join('/')
}

/** What each name stands for; null where it stands for several. */
const indexBy = (
  entries: readonly PlacedEntry[],
  nameOf: (name: string) => string,
): ReadonlyMap<string, PlacedEntry | null> => {
  const index = new Map<string, PlacedEntry | null>()
  for (const each of entries) {
    const name = nameOf(each.entry.name)
    index.set(name, index.has(name) ? null : each)
  }
  return index
}

const storedIn = ({ entry, shards, from, bytes }: PlacedEntry): E.Either<ImportError, StoredWeight> => {
  const format = formatOf(entry.dtype, entry.quantization)
  return format === null
    ? badType(entry.name, typeOf(entry))
    : E.right({ shape: entry.shape, read: pipe(readRange(shards, from, bytes), TE.map(format.decode)) })
}

/** The names that a weight may have: with those of the models around its layer, without, and numbered by Keras 3. */
const namesOf = (address: WeightAddress): readonly string[] => {
  const { names } = address.place
  return [...names.map((_, nth) => [...names.slice(nth), address.weight].join('/')), numberedPath(address)]
}

const storeOf = (entries: readonly PlacedEntry[]): WeightStore => {
  const indices = [indexBy(entries, name => name), indexBy(entries, shortened)]
  return {
    find: address => {
      const found = namesOf(address).flatMap(name => indices.flatMap(index => index.get(name) ?? []))
      return found[0] === undefined ? E.right(null) : storedIn(found[0])
    },
    similar: ({ weight }) => entries.map(({ entry }) => entry.name).filter(name => lastName(name) === weight),
  }
}

/**
 * The weights of a manifest. All paths and sizes are checked before the first file is read.
 *
 * Errors  WeightDiffers, PathLeaves, WrongBytes, FileMissing, FileFailed
 */
export const manifestWeights =
  (folder: string) =>
  (manifest: Manifest): TE.TaskEither<ImportError, WeightStore> =>
    pipe(
      manifest,
      TE.traverseSeqArray(placeGroup(folder)),
      TE.map(groups => storeOf(groups.flat())),
    )
