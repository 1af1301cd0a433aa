/** `espalier ablate` and `espalier compare` */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { removeParts } from '../io/files.js'
import { isGone } from '../io/process-owner.js'
import type { Stopped } from '../report/text/messages.js'
import type { RunError } from '../run/error.js'
import { loadStudy } from '../run/load/experiment.js'
import { cellsOf, seedsOf } from '../run/study/cells.js'
import { cellsFolder, publishOutcome } from '../run/study/outcome.js'
import { runStudy } from '../run/study/runner.js'
import type { Study } from '../run/study/study.js'
import { sameCommand } from './command-text.js'
import { end } from './exit.js'
import { announceStop, type Stopper, stopper, withStopped } from './signals.js'
import { runOneCell } from './study/cell.js'
import { cellExitCode } from './study/exit-codes.js'
import { runInProcesses } from './study/jobs.js'
import type { CellNumber, StudyOptions } from './study/options.js'
import { contextFor, type PreparedStudy, prepare, prepareShared, sayCell } from './study/prepare.js'
import { runByQueue } from './study/queue/submit.js'
import { writeResults } from './study/results.js'

interface StudyArguments extends StudyOptions {
  readonly results: string
  readonly jobs: number
  readonly seeds?: readonly number[]
  /** Lists the cells, and runs none. */
  readonly cells?: boolean
  readonly cell?: CellNumber
  readonly queue?: string
  readonly job?: boolean
}

/** Errors  NoSuchSeed */
const checkSeeds =
  (seeds: readonly number[]) =>
  (study: Study): E.Either<RunError, Study> => {
    const unknown = seeds.find(seed => seed >= study.seeds)
    return unknown === undefined
      ? E.right(study)
      : E.left({ _tag: 'NoSuchSeed', seed: unknown, seeds: study.seeds })
  }

/** Runs the seeds named; without names all of them, and then the table. */
const runSeeds =
  (file: string, options: StudyArguments, stop: Stopper) =>
  (prepared: PreparedStudy): TE.TaskEither<RunError, string> => {
    const { study, engine } = prepared
    const seeds = options.seeds ?? seedsOf(study)
    const runs = seeds.length * study.variants.reduce((sum, { scratch }) => sum + (scratch ? 2 : 1), 0)
    let begun = 0
    const context = contextFor(file, options, stop, prepared, (...run) => sayCell(++begun, runs, ...run))
    return pipe(
      runStudy(context)(study, seeds),
      TE.tap(TE.traverseSeqArray(publishOutcome(context.folder))),
      TE.tap(() => removeParts(cellsFolder(context.folder), isGone)),
      TE.flatMap(done =>
        options.seeds === undefined ? writeResults(study, engine, options.results)(done) : TE.right(''),
      ),
    )
  }

/** With several jobs first in parallel processes; then only the table is left. */
const runHere =
  (file: string, options: StudyArguments, stop: Stopper) =>
  (study: Study): TE.TaskEither<RunError, string> => {
    const { jobs, seeds = seedsOf(study) } = options
    return pipe(
      prepare(options, stop, seeds[0])(study),
      TE.tap(({ engine: { name, version } }) =>
        jobs > 1
          ? runInProcesses(file, options, { jobs, seeds, name, version }, stop)(study)
          : TE.right(undefined),
      ),
      TE.flatMap(runSeeds(file, options, stop)),
    )
  }

/** Leaves the cells to workers; then only the table is left. */
const runQueued =
  (file: string, options: StudyArguments, address: string, stop: Stopper) =>
  (study: Study): TE.TaskEither<RunError, string> =>
    pipe(
      prepareShared(options, stop)(study),
      TE.tap(shared => runByQueue(address, options, shared, stop)),
      TE.flatMap(runSeeds(file, options, stop)),
    )

/** A line for each cell: its number, seed and variant. */
const listCells = (study: Study): string =>
  cellsOf(study)
    .map(({ index, seed, variant: { name } }) => `${index}\t${seed}\t${name}\n`)
    .join('')

/** The command, and what it prints at its end. */
const work = (
  name: string,
  file: string,
  study: Study,
  options: StudyArguments,
): TE.TaskEither<RunError | Stopped, string> => {
  const { job = false, cell, queue } = options
  const stop = stopper({ job })
  if (!job) announceStop(stop)
  const run = (): TE.TaskEither<RunError, string> => {
    if (queue !== undefined) return runQueued(file, options, queue, stop)(study)
    return cell === undefined
      ? runHere(file, options, stop)(study)
      : pipe(
          runOneCell(file, options, cell, stop)(study),
          TE.map(() => ''),
        )
  }
  const text = run()
  return job
    ? text
    : pipe(
        text,
        withStopped(stop, () => sameCommand(name)),
      )
}

export const studyFile = (name: string, file: string, options: StudyArguments): Promise<void> =>
  end(
    pipe(
      loadStudy(file),
      TE.flatMapEither(checkSeeds(options.seeds ?? [])),
      TE.flatMap(study =>
        options.cells === true ? TE.right(listCells(study)) : work(name, file, study, options),
      ),
    ),
    text => process.stdout.write(text),
    options.cell === undefined && options.queue === undefined ? undefined : cellExitCode,
  )
