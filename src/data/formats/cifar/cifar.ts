/** Reads CIFAR-10 and CIFAR-100 in binary batches: records of labels and three planes of 32×32 bytes. */
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { makeFolders } from '../../../io/files.js'
import { cacheFolder } from '../../cache.js'
import { download } from '../../download.js'
import { type DataError, Fault, factOf } from '../../error.js'
import { type OpenOptions, reportOf, type Source, sourceInMemory } from '../../source.js'
import type { Cifar10, Cifar100 } from '../../spec.js'
import { streamReader } from '../byte-reader.js'
import { checksumOf, chunksOf } from '../streams.js'
import { entriesOf } from '../tar.js'
import { type Layout, layoutOf } from './layouts.js'
import { concatBatches, maxBatchBytes, readBatch, side, unpackBatch } from './records.js'

const missing = (
  { data, files, remote }: Layout,
  folder: string,
  found: readonly string[],
  instead: string | null,
): DataError => ({
  _tag: 'FilesMissing',
  data,
  folder,
  files,
  sources: [remote.url],
  found,
  instead,
})

const batchNumber = (name: string): number => Number(/\d+/.exec(name)?.[0] ?? 0)

/** The folder of the batches: the given one, or the one that their archive makes in it. */
const batchFolder = async ({ inner, test }: Layout, folder: string): Promise<string> => {
  const names = await readdir(folder)
  return names.includes(inner) && !names.includes(test) ? join(folder, inner) : folder
}

/** The names of the classes, one a line of a file, else by default. */
const classNames = async (
  { names, defaultNames }: Layout,
  folder: string,
  files: readonly string[],
): Promise<readonly string[]> => {
  const text = files.includes(names) ? await readFile(join(folder, names), 'utf8') : ''
  const listed = text
    .split(/\r?\n/)
    .map(line => line.trim())
    .filter(line => line !== '')
  return listed.length > 0 ? listed : defaultNames
}

/** The names of the training batches, in numeric order. Errors  rejects with FilesMissing */
const findBatches = (layout: Layout, folder: string, names: readonly string[]): readonly string[] => {
  const batches = names
    .filter(name => layout.train.test(name))
    .sort((a, b) => batchNumber(a) - batchNumber(b))
  if (batches.length > 0 && names.includes(layout.test)) return batches
  const otherFile = names.find(name => layout.others[name] !== undefined) ?? ''
  throw new Fault(missing(layout, folder, names, layout.others[otherFile] ?? null))
}

const readFolder = async (layout: Layout, outer: string): Promise<Source> => {
  const folder = await batchFolder(layout, outer)
  const names = await readdir(folder)
  const batches = findBatches(layout, folder, names)
  const classes = await classNames(layout, folder, names)
  const contents = new Map<string, Buffer>()
  for (const name of [...batches, layout.test])
    contents.set(name, await readBatch(join(folder, name), layout.labels))
  const load = (name: string) =>
    unpackBatch(join(folder, name), contents.get(name) ?? Buffer.alloc(0), layout, classes.length)
  const [train, test] = [concatBatches(batches.map(load)), load(layout.test)]
  return sourceInMemory({
    checksum: checksumOf([...contents.values()]),
    classes,
    stored: [side, side, 3],
    train,
    test,
    notices: [],
  })
}

/** Files of either data set in its archive. */
const batchFile =
  /(?:^|\/)((?:data_batch_\d+|test_batch|train|test)\.bin|batches\.meta\.txt|\w+_label_names\.txt)$/

/** The base name of a data set's file in the archive; undefined for other files. */
const batchName = (path: string): string | undefined => batchFile.exec(path)?.[1]

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

const downloadBatches = (
  layout: Layout,
  folder: string,
  options: OpenOptions,
): TE.TaskEither<DataError, void> => {
  const archive = `${folder}.tar.gz`
  return pipe(
    download(reportOf(options))(layout.remote, archive),
    TE.mapLeft(error =>
      error._tag === 'ReadFailed' ? missing(layout, folder, [], `no download (${error.reason})`) : error,
    ),
    TE.flatMap(() => unpackBatches(archive, folder)),
    TE.tap(() => TE.tryCatch(() => rm(archive), factOf(archive))),
  )
}

/**
 * Reads the training batches and the test batch; the classes' names come from their file where it exists.
 *
 * Errors  FilesMissing; Truncated or BadValue with the file and offset
 */
export const openCifar = (
  options: OpenOptions,
  spec: Cifar10 | Cifar100,
): TE.TaskEither<DataError, Source> => {
  const layout = layoutOf(spec)
  const folder = options.folder ?? cacheFolder(layout.data)
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
            ? downloadBatches(layout, folder, options)
            : TE.left(missing(layout, folder, [], null)),
    ),
    TE.flatMap(() => TE.tryCatch(() => readFolder(layout, folder), factOf(folder))),
  )
}
