/** What a study writes: tables, rows, a figure and a page. */
import { join } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Engine } from '../../engine/engine.js'
import { makeFolder, writeAtomically, writeJson } from '../../io/files.js'
import { encodeFileName } from '../../io/text/file-name.js'
import { latencies } from '../../learn/evaluation/latency.js'
import { pushedFeatures } from '../../report/pages/features.js'
import { type PushedFeatures, studyGroups } from '../../report/pages/study/groups.js'
import type { StudyResults } from '../../report/pages/study/page.js'
import { plot } from '../../report/plot.js'
import { canCross, crossedTables } from '../../report/tables/ablation.js'
import { cutsTable, type Latencies, rowsOf, studyFooter, studyTable } from '../../report/tables/study.js'
import { renderMessage } from '../../report/text/render-message.js'
import type { RunError } from '../../run/error.js'
import { readLog } from '../../run/review/read-log.js'
import { folderAt } from '../../run/storage/folder.js'
import { folderFor } from '../../run/study/cells.js'
import type { VariantRun } from '../../run/study/runner.js'
import type { Study } from '../../run/study/study.js'
import { say } from '../stderr.js'

/** The latencies of every variant's first net, measured in turn. */
const measureLatencies = (
  engine: Engine,
  runs: readonly VariantRun[],
): TE.TaskEither<RunError, Latencies> => {
  const first = runs.filter(({ seed }) => seed === 0)
  const models = first.map(({ model }) => model)
  return pipe(
    TE.Do,
    TE.bind('one', () => latencies(engine, 1)(models)),
    TE.bind('hundred', () => latencies(engine, 100)(models)),
    TE.map(
      ({ one, hundred }) =>
        new Map(
          first.flatMap(({ variant }, nth) => {
            const [single, batch] = [one[nth], hundred[nth]]
            return single === undefined || batch === undefined
              ? []
              : [[variant.name, [single, batch]] as const]
          }),
        ),
    ),
  )
}

/** An ablation has no latencies: its nets are of a few sizes. */
const latenciesOf = (engine: Engine, runs: readonly VariantRun[]): TE.TaskEither<RunError, Latencies> =>
  canCross(runs) ? TE.right(new Map()) : measureLatencies(engine, runs)

const tables = (runs: readonly VariantRun[], timed: Latencies): string => {
  if (canCross(runs)) return crossedTables(runs)
  return runs.some(({ cuts }) => cuts.length > 1)
    ? `${studyTable(runs, timed)}\n\n${cutsTable(runs)}`
    : studyTable(runs, timed)
}

/** Writes the figure; without the packages that draw it, prints how to install them. */
const writePlot = (study: Study, runs: readonly VariantRun[], file: string): TE.TaskEither<RunError, void> =>
  pipe(
    plot(study.name, runs),
    TE.matchEW(
      missing => TE.fromIO(() => say(`no figure: ${renderMessage(missing)}`)),
      svg => writeAtomically(file, svg),
    ),
  )

/** Of each variant's first seed, from its log. */
const readPushedFeatures = (
  folder: string,
  runs: readonly VariantRun[],
): TE.TaskEither<RunError, PushedFeatures> =>
  pipe(
    runs.filter(({ seed }) => seed === 0),
    TE.traverseSeqArray(({ variant: { name }, seed }) =>
      pipe(
        readLog(folderAt(folderFor(folder, name, seed)).events),
        TE.map(({ events }) => [name, pushedFeatures(events)] as const),
      ),
    ),
    TE.map(entries => new Map(entries)),
  )

const pageOf = async (results: StudyResults): Promise<string> => {
  const { studyPage } = await import('../../report/pages/study/page.js')
  return studyPage(results)()
}

/** Where a study's runs are, and where its results go. */
interface StudyFolders {
  readonly runs: string
  readonly results: string
}

/** Writes table, rows, figure and page; gives the table. */
export const writeResults =
  (study: Study, engine: Engine, folders: StudyFolders) =>
  (runs: readonly VariantRun[]): TE.TaskEither<RunError, string> => {
    const file = (ending: string) => join(folders.results, `${encodeFileName(study.name)}.${ending}`)
    const footer = studyFooter(study, runs, canCross(runs) ? null : engine)
    return pipe(
      latenciesOf(engine, runs),
      TE.bindTo('timed'),
      TE.let('text', ({ timed }) => `${tables(runs, timed)}\n\n${footer}.\n`),
      TE.tap(() => makeFolder(folders.results)),
      TE.tap(() => writeJson(file('json'))(rowsOf(runs))),
      TE.tap(({ text }) => writeAtomically(file('md'), text)),
      TE.tap(() => writePlot(study, runs, file('svg'))),
      TE.bind('pushed', () => readPushedFeatures(folders.runs, runs)),
      TE.tap(({ timed, pushed }) =>
        pipe(
          TE.fromTask(() =>
            pageOf({ name: study.name, groups: studyGroups(runs, timed, pushed), note: footer }),
          ),
          TE.flatMap(page => writeAtomically(file('html'), page)),
        ),
      ),
      TE.map(({ text }) => text),
    )
  }
