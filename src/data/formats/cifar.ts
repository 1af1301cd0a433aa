/** Reads CIFAR-10 in binary batches: records of a label and three planes of 32×32 bytes. */
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { makeFolders } from '../../io/files.js'
import { cacheFolder } from '../cache.js'
import { imagesInMemory } from '../dataset.js'
import { download } from '../download.js'
import { type DataError, Fault, factOf } from '../error.js'
import { noClose, type OpenOptions, reportOf, type Source } from '../source.js'
import { streamReader } from './byte-reader.js'
import { checksumOf, chunksOf } from './streams.js'
import { entriesOf } from './tar.js'

const side = 32
const planeBytes = side * side
const recordBytes = 1 + 3 * planeBytes

/** The largest accepted batch. */
const maxBatchBytes = 2 ** 30

const defaultNames = [
  'airplane',
  'automobile',
  'bird',
  'cat',
  'deer',
  'dog',
  'frog',
  'horse',
  'ship',
  'truck',
]

const remote = {
  url: 'https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz',
  sum: 'c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd',
}

const missing = (folder: string, reason: string | null): DataError => ({
  _tag: 'FilesMissing',
  data: 'cifar10',
  folder,
  files: ['data_batch_1.bin', '… as many as there are', 'test_batch.bin', 'batches.meta.txt'],
  sources: [remote.url],
  reason,
})

const readBatch = async (file: string): Promise<Buffer> => {
  const { size } = await stat(file)
  const place = { file, entry: null }
  if (size < recordBytes || size > maxBatchBytes)
    throw new Fault({
      _tag: 'BadValue',
      what: 'size',
      got: size,
      expected: `${recordBytes} bytes per image, 1 image to ${Math.floor(maxBatchBytes / recordBytes)}`,
      ...place,
      offset: 0,
    })
  if (size % recordBytes !== 0)
    throw new Fault({
      _tag: 'Truncated',
      expected: Math.ceil(size / recordBytes) * recordBytes,
      ...place,
      offset: size,
    })
  return readFile(file)
}

/** Converts planes to interleaved pixels. */
const interleave = (planes: Uint8Array, into: Uint8Array): void => {
  for (let at = 0; at < planeBytes; at++)
    for (let c = 0; c < 3; c++) into[3 * at + c] = planes[c * planeBytes + at] ?? 0
}

interface Batch {
  readonly bytes: Uint8Array
  readonly labels: Int32Array
}

const unpackBatch = (file: string, content: Buffer, classes: number): Batch => {
  const count = content.length / recordBytes
  const bytes = new Uint8Array(count * 3 * planeBytes)
  const labels = Int32Array.from({ length: count }, (_, nth) => content[nth * recordBytes] ?? 0)
  const badIndex = labels.findIndex(label => label >= classes)
  if (badIndex >= 0)
    throw new Fault({
      _tag: 'BadValue',
      file,
      entry: null,
      offset: badIndex * recordBytes,
      what: 'label',
      got: labels[badIndex] ?? 0,
      expected: `0 to ${classes - 1}`,
    })
  for (let nth = 0; nth < count; nth++)
    interleave(
      content.subarray(nth * recordBytes + 1, (nth + 1) * recordBytes),
      bytes.subarray(nth * 3 * planeBytes, (nth + 1) * 3 * planeBytes),
    )
  return { bytes, labels }
}

const concatBatches = (batches: readonly Batch[]): Batch => ({
  bytes: Buffer.concat(batches.map(({ bytes }) => bytes)),
  labels: Int32Array.from(batches.flatMap(({ labels }) => [...labels])),
})

const batchNumber = (name: string): number => Number(/\d+/.exec(name)?.[0])

/** Files that identify another format or data set, and what to say of them. */
const otherFormats: Readonly<Record<string, string>> = {
  data_batch_1: 'these are the batches for Python; expected those of the binary version',
  'fine_label_names.txt': 'this is CIFAR-100, which is not supported',
}

/** The folder of the batches: the given one, or the one that their archive makes in it. */
const batchFolder = async (folder: string): Promise<string> => {
  const [names, inner] = [await readdir(folder), 'cifar-10-batches-bin']
  return names.includes(inner) && !names.includes('test_batch.bin') ? join(folder, inner) : folder
}

const readFolder = async (outer: string): Promise<Source> => {
  const folder = await batchFolder(outer)
  const names = await readdir(folder)
  const batches = names
    .filter(name => /^data_batch_\d+\.bin$/.test(name))
    .sort((a, b) => batchNumber(a) - batchNumber(b))
  if (batches.length === 0 || !names.includes('test_batch.bin')) {
    const otherFile = names.find(name => otherFormats[name] !== undefined) ?? ''
    throw new Fault(missing(folder, otherFormats[otherFile] ?? null))
  }
  const meta = names.includes('batches.meta.txt')
    ? await readFile(join(folder, 'batches.meta.txt'), 'utf8')
    : ''
  const listedNames = meta
    .split(/\r?\n/)
    .map(line => line.trim())
    .filter(line => line !== '')
  const classes = listedNames.length > 0 ? listedNames : defaultNames
  const contents = new Map<string, Buffer>()
  for (const name of [...batches, 'test_batch.bin']) contents.set(name, await readBatch(join(folder, name)))
  const load = (name: string) =>
    unpackBatch(join(folder, name), contents.get(name) ?? Buffer.alloc(0), classes.length)
  const [train, test] = [concatBatches(batches.map(load)), load('test_batch.bin')]
  return {
    checksum: checksumOf([...contents.values()]),
    classes,
    stored: [side, side, 3],
    train: { _tag: 'held', images: imagesInMemory(train.bytes, train.labels) },
    test: { _tag: 'held', images: imagesInMemory(test.bytes, test.labels) },
    validation: null,
    skipped: [],
    notices: [],
    close: noClose,
  }
}

/** The base name of a batch in the archive; undefined for other files. */
const batchName = (path: string): string | undefined =>
  /(?:^|\/)((?:data_batch_\d+|test_batch)\.bin|batches\.meta\.txt)$/.exec(path)?.[1]

/**
 * Unpacks the batches of an archive into a folder, atomically.
 *
 * Errors  those of reading archives; no file remains
 */
export const unpackBatches = (archive: string, folder: string): TE.TaskEither<DataError, void> =>
  TE.tryCatch(async () => {
    const part = `${folder}.${process.pid}.part`
    makeFolders(part)
    try {
      for await (const found of entriesOf(
        archive,
        streamReader(archive, await chunksOf(archive)),
        maxBatchBytes,
      )) {
        if (found._tag === 'refused') throw new Fault(found.fact)
        const name = batchName(found.entry.name)
        if (name !== undefined) await writeFile(join(part, name), await found.content())
      }
      await rename(part, folder)
    } finally {
      await rm(part, { recursive: true, force: true })
    }
  }, factOf(archive))

const downloadBatches = (folder: string, options: OpenOptions): TE.TaskEither<DataError, void> => {
  const archive = `${folder}.tar.gz`
  return pipe(
    download(reportOf(options))(remote, archive),
    TE.mapLeft(error => (error._tag === 'ReadFailed' ? missing(folder, error.reason) : error)),
    TE.flatMap(() => unpackBatches(archive, folder)),
    TE.tap(() => TE.tryCatch(() => rm(archive), factOf(archive))),
  )
}

/**
 * Reads every `data_batch_*.bin` and `test_batch.bin`; the classes' names come from `batches.meta.txt` where it exists.
 *
 * Errors  FilesMissing; Truncated or BadValue with the file and offset
 */
export const openCifar = (options: OpenOptions): TE.TaskEither<DataError, Source> => {
  const folder = options.folder ?? cacheFolder('cifar10')
  const exists = TE.tryCatch(() => stat(folder), factOf(folder))
  return pipe(
    exists,
    TE.match(
      () => false,
      () => true,
    ),
    TE.fromTask,
    TE.flatMap(
      (found): TE.TaskEither<DataError, void> =>
        found
          ? TE.right(undefined)
          : options.folder === undefined
            ? downloadBatches(folder, options)
            : TE.left(missing(folder, null)),
    ),
    TE.flatMap(() => TE.tryCatch(() => readFolder(folder), factOf(folder))),
  )
}
