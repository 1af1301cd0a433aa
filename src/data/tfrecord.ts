/** A data set in TFRecord shards: images are read where they lie. */
import { closeSync, openSync, readSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { decodeImage } from './decode.js'
import { type DataError, Fault, factOf, type Place } from './error.js'
import { bytesAt } from './example.js'
import type { Pictures } from './pictures.js'
import { checksumOf } from './read.js'
import { damage, recordName } from './record.js'
import { type Index, indexOf, parseExample } from './shards.js'
import { noClose, type OpenOptions, reportOf, type Source } from './source.js'
import type { TfRecord } from './spec.js'

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
      const image = bytesAt(
        parseExample(readRecord(place, start, index.lengths[nth] ?? 0), place),
        spec.keys.image,
      )
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
