/** `espalier latency`: the latency table of this machine, and what a model takes beside what the table says. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Engine } from '../../engine/engine.js'
import { openEngine } from '../../engine/open.js'
import { latencies } from '../../learn/evaluation/latency.js'
import { measureLatencyTable } from '../../learn/latency/measure-table.js'
import { type LatencyTable, predictLatency } from '../../learn/latency/table.js'
import { profileInference } from '../../learn/profile/profile.js'
import { profileText } from '../../report/tables/profile.js'
import { latencyText } from '../../report/text/latency.js'
import { counted } from '../../report/text/numbers.js'
import type { RunError } from '../../run/error.js'
import { findLatencyTable, keepLatencyTable, thisDevice } from '../../run/standalone/latency-table.js'
import { end } from '../exit.js'
import { say } from '../stderr.js'
import { readRun } from './read-run.js'

interface LatencyArguments {
  readonly write?: string
  readonly device?: string
  readonly engine?: string
  readonly threads?: number
  readonly profile?: boolean
  readonly batch: number
}

const measure = (engine: Engine, file: string | undefined): TE.TaskEither<RunError, LatencyTable> =>
  pipe(
    TE.fromIO(() => say('measuring layers on this machine: half a minute …')),
    TE.flatMap(() => measureLatencyTable(engine, thisDevice())),
    TE.tap(table =>
      pipe(
        keepLatencyTable(engine, file)(table),
        TE.tapIO(files => () => say(`wrote ${files.join(' and ')}`)),
      ),
    ),
  )

/** The table that is there; measured where there is none, or it is to be written. */
const tableFor = (
  engine: Engine,
  { write, device }: LatencyArguments,
): TE.TaskEither<RunError, LatencyTable> =>
  write !== undefined
    ? measure(engine, write)
    : pipe(
        findLatencyTable(device, engine),
        TE.flatMap(table => (table === undefined ? measure(engine, undefined) : TE.right(table))),
      )

/** Milliseconds of a model by the table, and as measured here. */
const compare = (engine: Engine, table: LatencyTable, path: string): TE.TaskEither<RunError, string> =>
  pipe(
    readRun(path),
    TE.flatMap(({ model }) =>
      pipe(
        latencies(engine, 1)([model]),
        TE.map(([measured]) =>
          latencyText(table, predictLatency(table)(model), measured?.median ?? Number.NaN, engine),
        ),
      ),
    ),
  )

const profile = (engine: Engine, path: string, batch: number): TE.TaskEither<RunError, string> =>
  pipe(
    readRun(path),
    TE.flatMap(({ model }) => profileInference(engine, batch, model)),
    TE.map(found => profileText(`inference of ${counted(batch, 'image')}`, found)),
  )

/** What is printed: nothing where a table is all that was asked for. */
const measureFor = (
  engine: Engine,
  path: string | undefined,
  options: LatencyArguments,
): TE.TaskEither<RunError, string | null> =>
  path !== undefined && options.profile === true
    ? profile(engine, path, options.batch)
    : pipe(
        tableFor(engine, options),
        TE.flatMap(
          (table): TE.TaskEither<RunError, string | null> =>
            path === undefined ? TE.right(null) : compare(engine, table, path),
        ),
      )

export const measureLatency = (path: string | undefined, options: LatencyArguments): Promise<void> =>
  end(
    pipe(
      openEngine(options.engine, options.threads),
      TE.mapLeft((error): RunError => error),
      TE.flatMap(engine => measureFor(engine, path, options)),
    ),
    text => {
      if (text !== null) process.stdout.write(`${text}\n`)
    },
  )
