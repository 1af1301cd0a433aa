/** A data set in TFRecord shards: an index of every record is made once, images are read where they lie. */
import { createHash } from 'node:crypto'
import { closeSync, createReadStream, openSync, readSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import { cacheFolder } from './cache.js'
import { streaming } from './cursor.js'
import { decodeImage } from './decode.js'
import type { Report } from './download.js'
import { type DataError, Fault, factOf, type Place } from './error.js'
import { bytesAt, type Example, numberAt, readExample } from './example.js'
import type { Pictures } from './pictures.js'
import { checksumOf } from './read.js'
import { damage, recordName, recordsOf } from './record.js'
import { noClose, type OpenOptions, reportOf, type Source } from './source.js'
import type { TfRecord } from './spec.js'

/** Where every record of some shards is, column by column. */
const indexCodec = t.type({
  sum: t.string,
  shards: t.array(t.number),
  numbers: t.array(t.number),
  starts: t.array(t.number),
  lengths: t.array(t.number),
  labels: t.array(t.number),
})

type Index = t.TypeOf<typeof indexCodec>

const emptyIndex = (): Index => ({ sum: '', shards: [], numbers: [], starts: [], lengths: [], labels: [] })

const parse = (content: Buffer, place: Place): Example => {
  try {
    return readExample(content)
  } catch {
    throw new Fault({
      _tag: 'BadValue',
      what: 'record',
      got: 'other bytes',
      wanted: 'a tf.train.Example',
      ...place,
    })
  }
}

/** The class of a record; it must have an image too. */
const labelIn = ({ keys, firstLabel, classes }: TfRecord, content: Buffer, place: Place): number => {
  const example = parse(content, place)
  const label = numberAt(example, keys.label)
  const missing =
    label === undefined ? keys.label : bytesAt(example, keys.image) === undefined ? keys.image : null
  if (label === undefined || missing !== null)
    throw new Fault({ _tag: 'ValueMissing', key: missing ?? keys.label, ...place })
  if (label < firstLabel || label >= firstLabel + classes.length)
    throw new Fault({
      _tag: 'BadValue',
      what: keys.label,
      got: label,
      wanted: `${firstLabel} to ${firstLabel + classes.length - 1}`,
      ...place,
    })
  return label - firstLabel
}

/** Indexes shards front to back; `refuse` is told of each record that must be left out. */
const indexing = async (
  spec: TfRecord,
  shards: readonly string[],
  refuse: (fact: DataError) => void,
  onProgress: Report,
): Promise<Index> => {
  const index = emptyIndex()
  const hash = createHash('sha256')
  const add = (shard: number, nth: number, start: number, content: Buffer) => {
    const place = { file: shards[shard] ?? '', entry: recordName(nth), offset: start }
    const label = labelIn(spec, content, place)
    hash.update(content)
    index.shards.push(shard)
    index.numbers.push(nth)
    index.starts.push(start)
    index.lengths.push(content.length)
    index.labels.push(label)
  }
  for (const [shard, file] of shards.entries()) {
    const cursor = streaming(file, createReadStream(file, { highWaterMark: 1 << 20 }))
    try {
      for await (const found of recordsOf(file, cursor)) {
        if (found._tag === 'refused') refuse(found.fact)
        else
          try {
            add(shard, found.nth, found.start, found.content)
          } catch (reason) {
            refuse(factOf(file)(reason))
          }
      }
    } catch (reason) {
      refuse(factOf(file)(reason))
    }
    onProgress({ what: 'indexing', done: shard + 1, total: shards.length })
  }
  return { ...index, sum: hash.digest('hex') }
}

/** Where the index of these shards, as they are now, is kept. */
const indexFile = async (
  { keys, firstLabel, classes }: TfRecord,
  shards: readonly string[],
): Promise<string> => {
  const states = await Promise.all(shards.map(shard => stat(shard)))
  const known = states.map(({ size, mtimeMs }, nth) => [shards[nth], size, mtimeMs])
  return cacheFolder(
    'index',
    `${checksumOf([JSON.stringify([known, keys, firstLabel, classes.length])])}.json`,
  )
}

const recalled = (text: string): Index | null =>
  pipe(
    E.tryCatch(() => JSON.parse(text) as unknown, String),
    E.flatMap(indexCodec.decode),
    E.getOrElseW(() => null),
  )

/** Keeps an index for the next time; a cache that cannot be written to is done without. */
const remember = async (file: string, index: Index): Promise<void> => {
  const part = `${file}.${process.pid}.part`
  await mkdir(dirname(file), { recursive: true })
    .then(() => writeFile(part, JSON.stringify(index)))
    .then(() => rename(part, file))
    .catch(() => undefined)
}

const indexOf = async (
  spec: TfRecord,
  shards: readonly string[],
  refuse: (fact: DataError) => void,
  onProgress: Report,
): Promise<Index> => {
  const file = await indexFile(spec, shards)
  const known = recalled(await readFile(file, 'utf8').catch(() => ''))
  if (known !== null) return known
  const refused: DataError[] = []
  const index = await indexing(
    spec,
    shards,
    fact => {
      refuse(fact)
      refused.push(fact)
    },
    onProgress,
  )
  if (refused.length === 0) await remember(file, index)
  return index
}

/** A record's bytes and the sum behind them. The file is open only as long: there may be a thousand shards. */
const readRecord = (place: Place, start: number, length: number): Buffer => {
  const descriptor = openSync(place.file, 'r')
  try {
    const whole = Buffer.alloc(length + 4)
    const got = readSync(descriptor, whole, 0, whole.length, start)
    if (got < whole.length)
      throw new Fault({ _tag: 'Truncated', wanted: start + whole.length, ...place, offset: start + got })
    const fact = damage(whole.subarray(0, length), whole.readUInt32LE(length), place)
    if (fact !== null) throw new Fault(fact)
    return whole.subarray(0, length)
  } finally {
    closeSync(descriptor)
  }
}

const picturesOf = (spec: TfRecord, shards: readonly string[], index: Index): Pictures => {
  const decode = decodeImage(spec.image)
  return {
    labels: Int32Array.from(index.labels),
    decode: async nth => {
      const start = index.starts[nth] ?? 0
      const file = shards[index.shards[nth] ?? 0] ?? ''
      const place = { file, entry: recordName(index.numbers[nth] ?? 0), offset: start }
      const image = bytesAt(parse(readRecord(place, start, index.lengths[nth] ?? 0), place), spec.keys.image)
      return decode(Buffer.from(image ?? []), place)
    },
  }
}

/** The shards of a part: files whose names begin with one of these. */
const shardsIn = async (folder: string, beginnings: readonly string[]): Promise<readonly string[]> => {
  const names = (await readdir(folder)).sort()
  const shards = beginnings
    .map(beginning => names.filter(name => name.startsWith(beginning)))
    .find(found => found.length > 0)
  if (shards === undefined)
    throw new Fault({
      _tag: 'FilesMissing',
      data: 'tfrecord',
      folder,
      files: beginnings.map(beginning => `${beginning}-00000-of-00001`),
      sources: [],
      reason: null,
    })
  return shards.map(name => join(folder, name))
}

const load = async (options: OpenOptions, spec: TfRecord, folder: string): Promise<Source> => {
  const skipped: DataError[] = []
  const refuse = (fact: DataError): void => {
    if (options.skipBad !== true) throw new Fault(fact)
    skipped.push(fact)
  }
  const part = async (beginnings: readonly string[]) => {
    const shards = await shardsIn(folder, beginnings)
    const index = await indexOf(spec, shards, refuse, reportOf(options))
    return { _tag: 'encoded' as const, pictures: picturesOf(spec, shards, index), sum: index.sum }
  }
  const train = await part(['train'])
  const test = await part(['test', 'val'])
  return {
    checksum: checksumOf([train.sum, test.sum]),
    classes: spec.classes,
    stored: spec.image,
    train,
    test,
    skipped,
    close: noClose,
  }
}

/**
 * Indexes the shards `train*` and `test*` (or `val*`) of a folder; their images are decoded later.
 *
 * Errors  FilesMissing; Truncated, BadValue or ValueMissing with the shard, the record and its offset
 */
export const openRecords = (options: OpenOptions, spec: TfRecord): TE.TaskEither<DataError, Source> => {
  const { folder } = options
  return folder === undefined
    ? TE.left({
        _tag: 'BadOption',
        data: spec.name,
        option: 'folder',
        got: 'none',
        wanted: 'the folder of the shards',
      })
    : TE.tryCatch(() => load(options, spec, folder), factOf(folder))
}
