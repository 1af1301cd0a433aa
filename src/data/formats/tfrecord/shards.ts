/** Where every record of some TFRecord shards is, and its class: found once, front to back, and kept. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile, stat, writeFile } from 'node:fs/promises'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { derivedFile, store, touch } from '../../cache.js'
import type { Report } from '../../download.js'
import { type DataError, Fault, factOf, type Place } from '../../error.js'
import type { TfRecord } from '../../spec.js'
import { streamReader } from '../byte-reader.js'
import { checksumOf, headOf, isGzip } from '../streams.js'
import { bytesAt, type Example, numbersAt, readExample } from './example.js'
import { isRecord, recordName, recordsOf } from './record.js'

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

/** A label as a whole number: itself, or where the 1 is in a list as long as the classes of one 1 and zeros. */
const labelOf = (numbers: readonly number[], { firstLabel, classes }: TfRecord): number | null => {
  const [only = Number.NaN] = numbers
  if (numbers.length === 1) return Number.isInteger(only) ? only : null
  const isOneHot =
    numbers.length === classes.length &&
    numbers.every(number => number === 0 || number === 1) &&
    numbers.filter(number => number === 1).length === 1
  return isOneHot ? firstLabel + numbers.indexOf(1) : null
}

/** What is under a key, as far as a message shows it. */
const shown = (numbers: readonly number[], text: Uint8Array | undefined): string =>
  text !== undefined
    ? `the text '${Buffer.from(text).toString('utf8', 0, 16)}'`
    : numbers.length > 8
      ? `${numbers.slice(0, 8).join(', ')} … (${numbers.length} numbers)`
      : numbers.join(', ')

/** The class of a record; it must have an image too. */
const labelIn = (spec: TfRecord, content: Buffer, place: Place): number => {
  const { keys, firstLabel, classes } = spec
  const example = parseExample(content, place)
  const [numbers, text] = [numbersAt(example, keys.label), bytesAt(example, keys.label)]
  const missing =
    numbers.length === 0 && text === undefined
      ? keys.label
      : bytesAt(example, keys.image) === undefined
        ? keys.image
        : null
  if (missing !== null)
    throw new Fault({ _tag: 'ValueMissing', key: missing, keys: Object.keys(example).sort(), ...place })
  const label = labelOf(numbers, spec)
  const last = firstLabel + classes.length - 1
  if (label === null || label < firstLabel || label > last)
    throw new Fault({
      _tag: 'BadValue',
      what: keys.label,
      got: shown(numbers, text),
      wanted: `a whole number from ${firstLabel}, the firstLabel, to ${last}, or zeros and a single 1, ${classes.length} in all`,
      ...place,
    })
  return label - firstLabel
}

/** A zlib stream's first two bytes: a window of 32 KiB, and a sum that 31 divides. */
const isZlib = (head: Buffer): boolean =>
  head[0] === 0x78 && head.length > 1 && head.readUInt16BE(0) % 31 === 0

/** Errors  rejects with BadValue where a shard is packed as a whole: its records could not be read where they lie */
const refusePacked = async (file: string): Promise<void> => {
  const { head } = await headOf(file, 12)
  const packer = isGzip(head) ? 'gzip' : isZlib(head) ? 'zlib' : null
  if (packer !== null && !isRecord(head))
    throw new Fault({
      _tag: 'BadValue',
      file,
      entry: null,
      offset: 0,
      what: 'content',
      got: `packed with ${packer}`,
      wanted: 'the same records unpacked',
    })
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
    try {
      await refusePacked(file)
      const cursor = streamReader(file, createReadStream(file, { highWaterMark: 1 << 20 }))
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

/** Changes whenever the same records would be given other labels, so that no index made before is recalled. */
const indexVersion = 2

/** Where the index of these shards, as they are now, is kept. */
const indexFile = async (
  { keys, firstLabel, classes }: TfRecord,
  shards: readonly string[],
): Promise<string> => {
  const states = await Promise.all(shards.map(shard => stat(shard)))
  const known = states.map(({ size, mtimeMs }, nth) => [shards[nth], size, mtimeMs])
  return derivedFile(
    'index',
    `${checksumOf([JSON.stringify([indexVersion, known, keys, firstLabel, classes.length])])}.json`,
  )
}

const recalled = (text: string): Index | null =>
  pipe(
    E.tryCatch(() => JSON.parse(text) as unknown, String),
    E.flatMap(indexCodec.decode),
    E.getOrElseW(() => null),
  )

/** Keeps an index for the next time; a cache that cannot be written to is done without. */
const remember = (file: string, index: Index): Promise<void> =>
  store(file, part => writeFile(part, JSON.stringify(index))).catch(() => undefined)

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
  if (known !== null) {
    await touch(file)
    return known
  }
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
