/** `espalier ablate` and `espalier compare` */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { removeParts } from '../io/files.js'
import { isGone } from '../io/process-owner.js'
import { sameCommand } from '../io/text/command-text.js'
import { fitMarkdown } from '../report/terminal/fit-markdown.js'
import { schedulesOf, studyProgress } from '../report/terminal/study-progress.js'
import type { Stopped } from '../report/text/render-message.js'
import type { RunError } from '../run/error.js'
import { loadStudy } from '../run/load/experiment.js'
import { cellsOf, seedsOf } from '../run/study/cells.js'
import { cellsFolder, publishOutcome } from '../run/study/outcome.js'
import { runStudy } from '../run/study/runner.js'
import type { Study } from '../run/study/study.js'
import { end } from './exit.js'
import { checkAddress } from './recorders.js'
import { announceStop, type Stopper, stopper, withStopped } from './signals.js'
import { screen } from './stderr.js'
import { widthOf } from './streams.js'
import { runOneCell } from './study/cell.js'
import { cellExitCode } from './study/exit-codes.js'
import { runInProcesses } from './study/jobs.js'
import type { CellNumber, StudyOptions } from './study/options.js'
import { contextFor, type PreparedStudy, prepare } from './study/prepare.js'
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
    const progress = studyProgress(screen, schedulesOf(study, seeds))
    const context = contextFor(file, options, stop, prepared, progress)
    return pipe(
      runStudy(context)(study, seeds),
      TE.tap(TE.traverseSeqArray(publishOutcome(context.folder))),
      TE.tap(() => removeParts(cellsFolder(context.folder), isGone)),
      TE.flatMap(done =>
        options.seeds === undefined
          ? writeResults(study, engine, { runs: context.folder, results: options.results })(done)
          : TE.right(''),
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
    pipe(study, runByQueue(address, options, stop), TE.flatMap(runSeeds(file, options, stop)))

/** A line for each cell: its number, seed and variant. */
const listCells = (study: Study): string =>
  cellsOf(study)
    .map(({ index, seed, variant: { name } }) => `${index}\t${seed}\t${name}\n`)
    .join('')

/** Here, by a queue, or one cell alone; gives what is printed at the end. */
const runChosen =
  (file: string, options: StudyArguments, stop: Stopper) =>
  (study: Study): TE.TaskEither<RunError, string> => {
    const { cell, queue } = options
    if (queue !== undefined) return runQueued(file, options, queue, stop)(study)
    if (cell === undefined) return runHere(file, options, stop)(study)
    return pipe(
      runOneCell(file, options, cell, stop)(study),
      TE.map(() => ''),
    )
  }

/** The command until it ends or is stopped; as one of several jobs it leaves the message to its parent. */
const work = (
  name: string,
  file: string,
  study: Study,
  options: StudyArguments,
): TE.TaskEither<RunError | Stopped, string> => {
  const { job = false } = options
  const stop = stopper({ job })
  if (!job) announceStop(stop)
  const text = runChosen(file, options, stop)(study)
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
      TE.tapEither(() => checkAddress(options)),
      TE.flatMap(study =>
        options.cells === true ? TE.right(listCells(study)) : work(name, file, study, options),
      ),
    ),
    text => process.stdout.write(fitMarkdown(widthOf(process.stdout))(text)),
    options.cell === undefined && options.queue === undefined ? undefined : cellExitCode,
  )
