/** Opens a data set as TensorFlow Datasets (tfds) prepares it: shards, their features and the names of classes. */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import { decode } from '../../../io/codec.js'
import { mostClasses } from '../../../net/limits/limits.js'
import { type DataError, Fault, factOf } from '../../error.js'
import { folderMissing, type OpenOptions, type Source } from '../../source.js'
import type { Tfds, TfRecord } from '../../spec.js'
import { listEntries } from '../images/directory.js'
import { openRecords } from './tfrecord.js'

const featuresFile = 'features.json'

/** What is needed of a feature: whether it is an image, and how many classes it has. */
const featureCodec = t.partial({
  image: t.UnknownRecord,
  classLabel: t.type({ numClasses: t.union([t.string, t.number]) }),
})

const featuresCodec = t.type({ featuresDict: t.type({ features: t.record(t.string, featureCodec) }) })

type Features = t.TypeOf<typeof featuresCodec>['featuresDict']['features']

/** Folders between the one named and that of a version: the set's and its configuration's. */
const mostLevels = 3

const missing = (folder: string, found: readonly string[]): Fault =>
  new Fault({
    _tag: 'FilesMissing',
    data: 'tfds',
    folder,
    files: [featuresFile, 'its shards', 'label.labels.txt'],
    sources: [],
    found,
    instead: null,
  })

/** The folder of the version: the one named, or the only one below it. Errors  rejects with FilesMissing */
const versionFolder = async (folder: string, levels = mostLevels): Promise<string> => {
  if (existsSync(join(folder, featuresFile))) return folder
  const { folders } = await listEntries(folder)
  const [only, other] = folders
  if (only === undefined || other !== undefined || levels === 0) throw missing(folder, folders)
  return versionFolder(join(folder, only), levels - 1)
}

const parseFeatures = async (folder: string): Promise<Features> => {
  const file = join(folder, featuresFile)
  const text = await readFile(file, 'utf8')
  const found = pipe(
    E.tryCatch(() => JSON.parse(text) as unknown, String),
    E.flatMap(decode(featuresCodec)),
  )
  if (E.isRight(found)) return found.right.featuresDict.features
  const what = { what: 'content', got: 'other text', expected: 'the features that tfds writes' }
  throw new Fault({ _tag: 'BadValue', file, entry: null, offset: 0, ...what })
}

const kinds = { image: 'an image', label: 'a class label' } as const

/** The only feature of a kind, or the one that is named. Errors  throws BadOption where it is not clear */
const chooseKey = ({ name, keys }: Tfds, kind: 'image' | 'label', candidates: readonly string[]): string => {
  const [only, other] = candidates
  const named = keys[kind]
  if (named !== null ? candidates.includes(named) : only !== undefined && other === undefined)
    return named ?? only ?? ''
  throw new Fault({
    _tag: 'BadOption',
    data: name,
    option: `keys.${kind}`,
    got: named ?? 'none',
    expected:
      candidates.length === 0
        ? `a set with a feature that is ${kinds[kind]}`
        : `one of ${candidates.join(', ')}`,
  })
}

/** The names of the classes, one a line of a file, else their numbers. */
const classNames = async (folder: string, label: string, count: number): Promise<readonly string[]> => {
  const text = await readFile(join(folder, `${label}.labels.txt`), 'utf8').catch(() => '')
  const names = text.split(/\r?\n/).filter(line => line !== '')
  return names.length > 0 ? names : Array.from({ length: Math.min(count, mostClasses) }, (_, nth) => `${nth}`)
}

/** The same data set as plain shards. */
const toRecords = async (spec: Tfds, folder: string): Promise<TfRecord> => {
  const features = await parseFeatures(folder)
  const keysOf = (kind: 'image' | 'classLabel') =>
    Object.keys(features).filter(key => features[key]?.[kind] !== undefined)
  const image = chooseKey(spec, 'image', keysOf('image'))
  const label = chooseKey(spec, 'label', keysOf('classLabel'))
  const count = Number(features[label]?.classLabel?.numClasses ?? 0)
  return {
    ...spec,
    _tag: 'tfrecord',
    keys: { image, label },
    classes: await classNames(folder, label, count),
    firstLabel: 0,
  }
}

/**
 * Reads the shards of a version, or of the only one below the folder named. Which features are the image and the label,
 * and the names of the classes, are read from its files.
 *
 * Errors  FilesMissing; BadValue; BadOption where a feature has to be named; those of `openRecords`
 */
export const openTfds = (options: OpenOptions, spec: Tfds): TE.TaskEither<DataError, Source> => {
  const { folder } = options
  if (folder === undefined) return TE.left(folderMissing(spec.name, 'data set'))
  return pipe(
    TE.tryCatch(async () => {
      const version = await versionFolder(folder)
      return { version, records: await toRecords(spec, version) }
    }, factOf(folder)),
    TE.flatMap(({ version, records }) => openRecords({ ...options, folder: version }, records)),
  )
}
