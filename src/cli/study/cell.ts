/** `--cell K/N`: one cell of a study in a process of its own, for schedulers. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { RunError } from '../../run/error.js'
import { agreeOnData } from '../../run/study/agreement.js'
import { type Cell, cellsOf } from '../../run/study/cells.js'
import { publishOutcome } from '../../run/study/outcome.js'
import { runCell, type StudyContext } from '../../run/study/runner.js'
import type { Study } from '../../run/study/study.js'
import type { Stopper } from '../signals.js'
import { type CellNumber, dataOf, folderOf, type StudyOptions } from './options.js'
import { contextFor, prepareShared, type SharedStudy, sayCell } from './prepare.js'

/** Errors  CellsDiffer where the study has another number of cells */
const findCell = (study: Study, { index, of }: CellNumber): TE.TaskEither<RunError, Cell> => {
  const cells = cellsOf(study)
  const cell = cells.length === of ? cells[index] : undefined
  return cell === undefined
    ? TE.left({ _tag: 'CellsDiffer', study: study.name, expected: cells.length, got: of })
    : TE.right(cell)
}

/** What a cell's run needs: its data must be that of all others. */
const sharedContext = (
  file: string,
  options: StudyOptions,
  stop: Stopper,
  shared: SharedStudy,
  { index, of }: CellNumber,
): StudyContext => {
  const datasetOf: StudyContext['datasetOf'] = (experiment, seed) =>
    pipe(
      shared.datasetOf(experiment, seed),
      TE.tap(agreeOnData(folderOf(options, shared.study), experiment, dataOf(options))),
    )
  const progress = {
    onCell: (...run: Parameters<StudyContext['onCell']>) => sayCell(index + 1, of, ...run),
    onStep: () => undefined,
  }
  return contextFor(file, options, stop, { ...shared, datasetOf }, progress)
}

/** Runs a cell, resumes it, or finds it done; then its outcome is in the shared folder. */
export const runOneCell =
  (file: string, options: StudyOptions, number: CellNumber, stop: Stopper) =>
  (study: Study): TE.TaskEither<RunError, void> =>
    pipe(
      findCell(study, number),
      TE.bindTo('cell'),
      TE.bind('shared', () => prepareShared(options, stop)(study)),
      TE.flatMap(({ cell, shared }) =>
        runCell(sharedContext(file, options, stop, shared, number), study)(cell),
      ),
      TE.flatMap(publishOutcome(folderOf(options, study))),
    )
