/** Where every record of some TFRecord shards is, and its class: found once, front to back, and kept. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { cacheFolder } from './cache.js'
import { streaming } from './cursor.js'
import type { Report } from './download.js'
import { type DataError, Fault, factOf, type Place } from './error.js'
import { bytesAt, type Example, numberAt, readExample } from './example.js'
import { checksumOf } from './read.js'
import { recordName, recordsOf } from './record.js'
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

export type Index = t.TypeOf<typeof indexCodec>

const emptyIndex = (): Index => ({ sum: '', shards: [], numbers: [], starts: [], lengths: [], labels: [] })

/** Errors  throws a `Fault` where the bytes are no Example */
export const parseExample = (content: Buffer, place: Place): Example => {
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
  const example = parseExample(content, place)
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

/**
 * The index of these shards: what an earlier run found, as long as they have not changed, else found now. `refuse` is
 * told of each record that must be left out.
 */
export const indexOf = async (
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
