/** `--jobs N`: a study's cells in so many processes at a time. */
import { availableParallelism } from 'node:os'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Engine } from '../../engine/engine.js'
import type { RunError } from '../../run/error.js'
import { restateStudy } from '../../run/study/agreement.js'
import { type Cell, cellsOf, cellText, isDone, nextCell } from '../../run/study/cells.js'
import type { Study } from '../../run/study/study.js'
import type { Stopper } from '../signals.js'
import { cellProcess } from './cell-process.js'
import { folderOf, type StudyOptions } from './options.js'

/** Threads of each of so many processes of this machine. */
export const threadsPerJob = (jobs: number): number => Math.max(1, Math.floor(availableParallelism() / jobs))

/**
 * Runs cells, so many at a time, each as soon as another has ended; gives those that failed. After a failure, or once
 * somebody asks to stop, none is begun.
 */
export const inParallel = async (
  cells: readonly Cell[],
  jobs: number,
  stopping: () => boolean,
  run: (cell: Cell) => Promise<boolean>,
): Promise<readonly Cell[]> => {
  const [pending, running, failed] = [new Set(cells), new Set<Cell>(), new Set<Cell>()]
  const work = async (): Promise<void> => {
    const cell = nextCell([...pending], [...running])
    if (cell === undefined || failed.size > 0 || stopping()) return
    pending.delete(cell)
    running.add(cell)
    if (!(await run(cell))) failed.add(cell)
    running.delete(cell)
    return work()
  }
  await Promise.all(Array.from({ length: jobs }, work))
  return [...failed]
}

/** How a study is divided: into so many processes at a time, for these seeds, on this engine. */
interface Division extends Pick<Engine, 'name' | 'version'> {
  readonly jobs: number
  readonly seeds: readonly number[]
}

/**
 * Runs what is left of a study's cells in processes of their own; by default they divide the cores.
 *
 * Errors  Interrupted; CellsFailed: each process has printed its own reason
 */
export const runInProcesses =
  (file: string, options: StudyOptions, { jobs, seeds, name, version }: Division, stop: Stopper) =>
  (study: Study): TE.TaskEither<RunError, void> => {
    const { threads = threadsPerJob(jobs) } = options
    const engine = { name, version, threads }
    const folder = folderOf(options, study)
    const cells = cellsOf(study)
    const left = cells.filter(cell => seeds.includes(cell.seed) && !isDone(folder, cell))
    const run = async ({ index }: Cell): Promise<boolean> =>
      (await cellProcess(file, options, engine, stop, { index, of: cells.length })) === 0
    return pipe(
      restateStudy(folder, study, engine),
      TE.flatMap(() => TE.fromTask(() => inParallel(left, jobs, stop.stopping, run))),
      TE.flatMap((failed): TE.TaskEither<RunError, void> => {
        if (stop.stopping()) return TE.left({ _tag: 'Interrupted' })
        return failed.length === 0
          ? TE.right(undefined)
          : TE.left({ _tag: 'CellsFailed', cells: failed.map(cellText) })
      }),
    )
  }
