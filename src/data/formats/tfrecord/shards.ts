/** Indexes TFRecord shards: the place and class of every record, cached between runs. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile, stat, writeFile } from 'node:fs/promises'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { derivedFile, store, touch } from '../../cache.js'
import type { Report } from '../../download.js'
import { type DataError, Fault, factOf, type Location } from '../../error.js'
import type { TfRecord } from '../../spec.js'
import { streamReader } from '../byte-reader.js'
import { checksumOf, headOf, isGzip, isZlib } from '../streams.js'
import { unpackToCache } from '../unpack-to-cache.js'
import { bytesAt, type Example, numbersAt, readExample } from './example.js'
import { isRecord, recordName, recordsOf } from './record.js'

/** The place and label of every record, in columns. */
const indexCodec = t.type({
  sum: t.string,
  shards: t.array(t.number),
  numbers: t.array(t.number),
  starts: t.array(t.number),
  lengths: t.array(t.number),
  labels: t.array(t.number),
})

export type Index = t.TypeOf<typeof indexCodec>

const emptyIndex = (): Index => ({ sum: '', shards: [], numbers: [], starts: [], lengths: [], labels: [] })

/** Errors  throws a `Fault` where the bytes are no Example */
export const parseExample = (content: Buffer, location: Location): Example => {
  try {
    return readExample(content)
  } catch {
    throw new Fault({
      _tag: 'BadValue',
      what: 'record',
      got: 'other bytes',
      expected: 'a tf.train.Example',
      ...location,
    })
  }
}

/** A label from an integer or a one-hot list; null for anything else. */
const parseLabel = (numbers: readonly number[], { firstLabel, classes }: TfRecord): number | null => {
  const [only = Number.NaN] = numbers
  if (numbers.length === 1) return Number.isInteger(only) ? only : null
  const isOneHot =
    numbers.length === classes.length &&
    numbers.every(number => number === 0 || number === 1) &&
    numbers.filter(number => number === 1).length === 1
  return isOneHot ? firstLabel + numbers.indexOf(1) : null
}

/** A value as a message shows it. */
const describeValue = (numbers: readonly number[], text: Uint8Array | undefined): string =>
  text !== undefined
    ? `the text '${Buffer.from(text).toString('utf8', 0, 16)}'`
    : numbers.length > 8
      ? `${numbers.slice(0, 8).join(', ')} … (${numbers.length} numbers)`
      : numbers.join(', ')

/** The class of a record. Errors  throws where it has no label or no image */
const readLabel = (spec: TfRecord, content: Buffer, location: Location): number => {
  const { keys, firstLabel, classes } = spec
  const example = parseExample(content, location)
  const [numbers, text] = [numbersAt(example, keys.label), bytesAt(example, keys.label)]
  const missing =
    numbers.length === 0 && text === undefined
      ? keys.label
      : bytesAt(example, keys.image) === undefined
        ? keys.image
        : null
  if (missing !== null)
    throw new Fault({ _tag: 'ValueMissing', key: missing, keys: Object.keys(example).sort(), ...location })
  const label = parseLabel(numbers, spec)
  const last = firstLabel + classes.length - 1
  if (label === null || label < firstLabel || label > last)
    throw new Fault({
      _tag: 'BadValue',
      what: keys.label,
      got: describeValue(numbers, text),
      expected: `a whole number from ${firstLabel}, the firstLabel, to ${last}, or zeros and a single 1, ${classes.length} in all`,
      ...location,
    })
  return label - firstLabel
}

/**
 * The file in which a shard's records can be read in place: the shard itself, or where it is compressed as a whole its
 * content in the cache.
 *
 * Errors  rejects with BadStream where it cannot be unpacked; BadValue where it unpacks to too many bytes
 */
export const unpackedShard = async (shard: string, onProgress: Report): Promise<string> => {
  const { head } = await headOf(shard, 12)
  return !isRecord(head) && (isGzip(head) || isZlib(head))
    ? unpackToCache(shard, '.tfrecord', onProgress)
    : shard
}

/** Indexes shards front to back; calls `refuse` for each unreadable record. */
const buildIndex = async (
  spec: TfRecord,
  shards: readonly string[],
  refuse: (fact: DataError) => void,
  onProgress: Report,
): Promise<Index> => {
  const index = emptyIndex()
  const hash = createHash('sha256')
  const add = (shard: number, nth: number, start: number, content: Buffer) => {
    const location = { file: shards[shard] ?? '', entry: recordName(nth), offset: start }
    const label = readLabel(spec, content, location)
    hash.update(content)
    index.shards.push(shard)
    index.numbers.push(nth)
    index.starts.push(start)
    index.lengths.push(content.length)
    index.labels.push(label)
  }
  for (const [shard, file] of shards.entries()) {
    try {
      const unpacked = await unpackedShard(file, onProgress)
      const cursor = streamReader(file, createReadStream(unpacked, { highWaterMark: 1 << 20 }))
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

/** Must change whenever records would get other labels, so that cached indices are not used. */
const indexVersion = 2

/** The cache file of the index of these shards in their present state. */
const indexFile = async (
  { keys, firstLabel, classes }: TfRecord,
  shards: readonly string[],
): Promise<string> => {
  const stats = await Promise.all(shards.map(shard => stat(shard)))
  const known = stats.map(({ size, mtimeMs }, nth) => [shards[nth], size, mtimeMs])
  return derivedFile(
    'index',
    `${checksumOf([JSON.stringify([indexVersion, known, keys, firstLabel, classes.length])])}.json`,
  )
}

const parseIndex = (text: string): Index | null =>
  pipe(
    E.tryCatch(() => JSON.parse(text) as unknown, String),
    E.flatMap(indexCodec.decode),
    E.getOrElseW(() => null),
  )

/** Caches an index; does nothing where the cache cannot be written. */
const cacheIndex = (file: string, index: Index): Promise<void> =>
  store(file, part => writeFile(part, JSON.stringify(index))).catch(() => undefined)

/**
 * The index of these shards, from the cache where they have not changed. Calls `refuse` for each unreadable record.
 */
export const indexOf = async (
  spec: TfRecord,
  shards: readonly string[],
  refuse: (fact: DataError) => void,
  onProgress: Report,
): Promise<Index> => {
  const file = await indexFile(spec, shards)
  const known = parseIndex(await readFile(file, 'utf8').catch(() => ''))
  if (known !== null) {
    await touch(file)
    return known
  }
  const refused: DataError[] = []
  const index = await buildIndex(
    spec,
    shards,
    fact => {
      refuse(fact)
      refused.push(fact)
    },
    onProgress,
  )
  if (refused.length === 0) await cacheIndex(file, index)
  return index
}
