/** `espalier report`, and the page that a run gets at its end. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { writeAtomically } from '../../io/files.js'
import { renderMessage } from '../../report/text/render-message.js'
import type { Resources } from '../../run/context.js'
import type { RunError } from '../../run/error.js'
import { restoreLayers } from '../../run/load/restore.js'
import { keepAnswers } from '../../run/review/answers.js'
import { type RunRecord, readRecord } from '../../run/review/record.js'
import { folderAt } from '../../run/storage/folder.js'
import { openRun } from '../../run/storage/stored-run.js'
import { end } from '../exit.js'
import { say } from '../stderr.js'

interface ReportArguments {
  readonly out?: string
  readonly drawing?: string
}

/** Pages are loaded when one is made, as charts are. */
const pageOf = async (records: readonly RunRecord[]): Promise<string> => {
  const [only, second] = records
  if (only !== undefined && second === undefined) {
    const { runPage } = await import('../../report/pages/run-page.js')
    return runPage(only)()
  }
  const { runsPage } = await import('../../report/pages/runs-page.js')
  return runsPage(records)()
}

/** Writes the page of these runs, and gives its file. */
const writePage = (folders: readonly string[], out: string): TE.TaskEither<RunError, string> =>
  pipe(
    folders,
    TE.traverseSeqArray(readRecord),
    TE.flatMapTask(records => () => pageOf(records)),
    TE.flatMap(page => writeAtomically(out, page)),
    TE.map(() => out),
  )

/** Writes the espalier of one run, where a file for it is named. */
const writeDrawing = (
  folders: readonly string[],
  file: string | undefined,
): TE.TaskEither<RunError, void> => {
  const [folder] = folders
  return file === undefined || folder === undefined
    ? TE.right(undefined)
    : pipe(
        readRecord(folder),
        TE.bindTo('record'),
        TE.bind('draw', () => TE.fromTask(() => import('../../report/pages/drawing.js'))),
        TE.flatMap(({ record, draw }) => writeAtomically(file, draw.runDrawing(record))),
      )
}

/** Of one run in its folder, of several here. */
const placeOf = (folders: readonly string[]): string => {
  const [only, second] = folders
  return only !== undefined && second === undefined ? folderAt(only).report : 'report.html'
}

export const report = (
  folders: readonly string[],
  { out = placeOf(folders), drawing }: ReportArguments,
): Promise<void> =>
  end(
    pipe(
      writePage(folders, out),
      TE.tap(() => writeDrawing(folders, drawing)),
    ),
    file => process.stdout.write(`${[file, ...(drawing === undefined ? [] : [drawing])].join('\n')}\n`),
  )

/** Keeps a finished run's answers and writes its page; the run is whole without, so that a fault is a line. */
export const reportRun = (folder: string, resources: Resources): TE.TaskEither<never, void> =>
  pipe(
    openRun(folder),
    TE.flatMap(restoreLayers),
    TE.flatMap(keepAnswers(resources)),
    TE.flatMap(() => writePage([folder], folderAt(folder).report)),
    TE.matchEW(
      fact => TE.fromIO(() => say(`no report: ${renderMessage(fact)}`)),
      () => TE.right(undefined),
    ),
  )
