/** The latency table of a device: a file, or what was measured of this machine and lies in the cache. */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { dirname, join } from 'node:path'
import envPaths from 'env-paths'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Engine } from '../../engine/engine.js'
import type { DecodeError } from '../../io/codec.js'
import type { BadFile, FileError } from '../../io/error.js'
import { makeFolder, readJson, writeJson } from '../../io/files.js'
import { type LatencyTable, latencyTableCodec } from '../../learn/latency/table.js'

/** This machine, for people. */
export const thisDevice = (): string => `${cpus()[0]?.model ?? process.arch}, ${availableParallelism()} cores`

/** Where the table of this machine and an engine lies: `ESPALIER_CACHE`, or where this system keeps caches. */
const cachedTable = ({ name, version, threads }: Engine): string => {
  const machine = createHash('sha256').update(`${thisDevice()} ${process.version}`).digest('hex').slice(0, 12)
  const cache = process.env.ESPALIER_CACHE || envPaths('espalier', { suffix: '' }).cache
  return join(cache, 'latency', `${machine}-${name}-${version}-${threads}.json`)
}

/** Reads the table of a file. */
const readLatencyTable: (file: string) => TE.TaskEither<FileError | BadFile<DecodeError>, LatencyTable> =
  readJson(latencyTableCodec)

/** The table of a file, else the one measured of this machine and engine, if any. */
export const findLatencyTable = (
  file: string | undefined,
  engine: Engine,
): TE.TaskEither<FileError | BadFile<DecodeError>, LatencyTable | undefined> => {
  const cached = cachedTable(engine)
  return file === undefined && !existsSync(cached) ? TE.right(undefined) : readLatencyTable(file ?? cached)
}

/** Keeps a table in a file, and as the one of this machine; returns the files. */
export const keepLatencyTable =
  (engine: Engine, file: string | undefined) =>
  (table: LatencyTable): TE.TaskEither<FileError, readonly string[]> => {
    const files = [cachedTable(engine), ...(file === undefined ? [] : [file])]
    return pipe(
      files,
      TE.traverseSeqArray(each =>
        pipe(
          makeFolder(dirname(each)),
          TE.flatMap(() => writeJson(each)(table)),
        ),
      ),
      TE.map(() => files),
    )
  }
