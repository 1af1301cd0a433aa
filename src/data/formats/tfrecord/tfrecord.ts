/** Opens a data set of TFRecord shards, whose images are read in place. */

import { closeSync, existsSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import type * as TE from 'fp-ts/lib/TaskEither.js'
import { elementAt } from '../../../io/element.js'
import type { Report } from '../../download.js'
import { type DataError, Fault, type Location } from '../../error.js'
import type { Notice } from '../../notices.js'
import { noClose, type OpenOptions, openInFolder, reportOf, type Source } from '../../source.js'
import type { TfRecord } from '../../spec.js'
import { decodeImage } from '../images/decode/decode.js'
import { type EncodedImages, selectEncoded } from '../images/encoded-images.js'
import { chooseTest } from '../images/split-test.js'
import { mapRoles, partNotices, partsIn, type Roles } from '../parts.js'
import { checksumOf } from '../streams.js'
import { bytesAt } from './example.js'
import { findShards, type ShardParts } from './find-shards.js'
import { checkRecord, recordName } from './record.js'
import { type Index, indexOf, parseExample, unpackedShard } from './shards.js'

/** Errors  throws ReadFailed where a shard's unpacked content was evicted from the cache */
const openShard = (file: string, { file: shard }: Location): number => {
  if (file !== shard && !existsSync(file))
    throw new Fault({
      _tag: 'ReadFailed',
      file: shard,
      reason: 'its unpacked content is no longer in the cache',
      mend: 'a larger ESPALIER_CACHE_LIMIT, in GiB',
    })
  return openSync(file, 'r')
}

/**
 * Reads and checks a record of a shard, from the file with its content. It is closed after each read, since there may
 * be thousands of shards.
 */
const readRecord = (file: string, location: Location, start: number, length: number): Buffer => {
  const descriptor = openShard(file, location)
  try {
    const whole = Buffer.alloc(length + 4)
    const got = readSync(descriptor, whole, 0, whole.length, start)
    if (got < whole.length)
      throw new Fault({ _tag: 'Truncated', expected: start + whole.length, ...location, offset: start + got })
    const fact = checkRecord(whole.subarray(0, length), whole.readUInt32LE(length), location)
    if (fact !== null) throw new Fault(fact)
    return whole.subarray(0, length)
  } finally {
    closeSync(descriptor)
  }
}

const picturesOf = (
  spec: TfRecord,
  shards: readonly string[],
  unpacked: ReadonlyMap<number, string>,
  index: Index,
): EncodedImages => {
  const decode = decodeImage(spec.image, spec.background)
  return {
    labels: Int32Array.from(index.labels),
    decode: async nth => {
      const start = elementAt(index.starts, nth)
      const shard = elementAt(index.shards, nth)
      const file = shards[shard] ?? ''
      const location = { file, entry: recordName(elementAt(index.numbers, nth)), offset: start }
      const image = bytesAt(
        parseExample(
          readRecord(unpacked.get(shard) ?? file, location, start, elementAt(index.lengths, nth)),
          location,
        ),
        spec.keys.image,
      )
      return decode(Buffer.from(image ?? []), location)
    },
  }
}

/** By number, the files with the content of the shards that have records in the index. */
const unpackedShards = async (
  shards: readonly string[],
  index: Index,
  onProgress: Report,
): Promise<ReadonlyMap<number, string>> => {
  const found = new Map<number, string>()
  for (const nth of new Set(index.shards)) found.set(nth, await unpackedShard(shards[nth] ?? '', onProgress))
  return found
}

/** A part's images, which are decoded when they are read, and the sum of its records. */
interface RecordPart {
  readonly _tag: 'encoded'
  readonly pictures: EncodedImages
  readonly sum: string
}

/** Some of a part's images, in their order. */
const selectRecords = ({ _tag, pictures, sum }: RecordPart, selected: Int32Array): RecordPart => ({
  _tag,
  pictures: selectEncoded(selected)(pictures),
  sum: checksumOf([sum, Buffer.from(selected.slice().buffer)]),
})

/** The parts, and how they were chosen. */
interface RecordParts {
  readonly parts: Roles<RecordPart>
  readonly notices: readonly Notice[]
}

/** Test images split off the only part. */
const splitRecords = (spec: TfRecord, whole: RecordPart): RecordParts => {
  const { tested, others, notice } = chooseTest(spec, whole.pictures.labels, spec.classes.length)
  const parts = { train: selectRecords(whole, others), test: selectRecords(whole, tested), validation: null }
  return { parts, notices: [notice] }
}

const readRecords = async (
  spec: TfRecord,
  { train, roles }: ShardParts,
  read: (shards: readonly string[]) => Promise<RecordPart>,
): Promise<RecordParts> => {
  if (roles === null) return splitRecords(spec, await read(train))
  const parts = await mapRoles(read)(roles)
  const validation = parts.validation?.pictures.labels.length ?? null
  return { parts, notices: partNotices(spec.name, roles.test[0] ?? '', validation) }
}

const load = async (options: OpenOptions, spec: TfRecord, path: string): Promise<Source> => {
  const skipped: DataError[] = []
  const refuse = (fact: DataError): void => {
    if (options.skipBad !== true) throw new Fault(fact)
    skipped.push(fact)
  }
  const found = await findShards(spec.name, path)
  const { parts, notices } = await readRecords(spec, found, async part => {
    const shards = part.map(name => join(found.folder, name))
    const index = await indexOf(spec, shards, refuse, reportOf(options))
    const unpacked = await unpackedShards(shards, index, reportOf(options))
    return {
      _tag: 'encoded' as const,
      pictures: picturesOf(spec, shards, unpacked, index),
      sum: spec.background === null ? index.sum : checksumOf([index.sum, spec.background.join()]),
    }
  })
  return {
    checksum: checksumOf(partsIn(parts).map(({ sum }) => sum)),
    classes: spec.classes,
    stored: spec.image,
    ...parts,
    skipped,
    notices: [...notices, ...found.notices],
    close: noClose,
  }
}

/**
 * Indexes the shards `train*`, `test*` and `val*` of a folder, or `NAME-train*` and so on; images are decoded later.
 * Without `test*` and `val*`, and where a file or shards of any other name are alone, test images are split off.
 *
 * Errors  PartsMissing; BadOption where that leaves none; Truncated, BadValue or ValueMissing with the shard, the
 *         record and its offset
 */
export const openRecords = (options: OpenOptions, spec: TfRecord): TE.TaskEither<DataError, Source> =>
  openInFolder(options, spec.name, 'shards', path => load(options, spec, path))
