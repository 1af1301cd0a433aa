/** What a study's runs need: one engine for all of them, and data that is opened when a run wants it. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Dataset } from '../../data/dataset.js'
import type { Engine } from '../../engine/engine.js'
import { enginesOf } from '../../engine/open.js'
import type { StudyProgress } from '../../report/terminal/study-progress.js'
import { renderMessage } from '../../report/text/render-message.js'
import type { RunError } from '../../run/error.js'
import type { Experiment } from '../../run/schedule/experiment.js'
import { type Agreement, agreeOnStudy, readAgreement } from '../../run/study/agreement.js'
import type { Cell } from '../../run/study/cells.js'
import { engineOfFirstRun, type StudyContext } from '../../run/study/runner.js'
import type { Study } from '../../run/study/study.js'
import { announceEngine } from '../announce-engine.js'
import { nameInStudy, recorded, recorderOrNone } from '../recorders.js'
import { openDataset } from '../resources.js'
import type { Stopper } from '../signals.js'
import { say } from '../stderr.js'
import { dataOf, folderOf, type StudyOptions } from './options.js'

export type OpenDataset = StudyContext['datasetOf']

/** Opens a data set once for consecutive variants that use it, and closes it when the next one is opened. */
const reuseDataset = (open: OpenDataset): OpenDataset => {
  let last: { readonly key: string; readonly dataset: Dataset } | null = null
  return (experiment, seed) => {
    const key = JSON.stringify([experiment.data, seed])
    const known = last
    return known?.key === key
      ? TE.right(known.dataset)
      : pipe(
          TE.fromTask(known?.dataset.close ?? (async () => undefined)),
          TE.flatMap(() => open(experiment, seed)),
          TE.tapIO(dataset => () => {
            last = { key, dataset }
          }),
        )
  }
}

/** What an engine is timed on where several are installed and none is named. */
type First = Pick<Cell, 'seed'> & { readonly experiment: Experiment }

/** A study, and the one engine of all its runs. */
export interface PreparedStudy {
  readonly study: Study
  readonly engine: Engine
  readonly datasetOf: OpenDataset
}

/** The engine named, or that of the runs that have begun, or the fastest for the first run. */
const engineFor = (
  study: Study,
  options: StudyOptions,
  datasetOf: OpenDataset,
  first: First | undefined,
): TE.TaskEither<RunError, Engine> =>
  pipe(
    options.engine === undefined
      ? engineOfFirstRun(folderOf(options, study))(study)
      : TE.right<RunError, string | null>(options.engine),
    TE.flatMap(name => enginesOf(name ?? undefined, options.threads)),
    TE.flatMap(
      (engines): TE.TaskEither<RunError, Engine> =>
        first === undefined || engines.length === 1
          ? TE.right(engines[0])
          : pipe(
              datasetOf(first.experiment, first.seed),
              TE.flatMap(dataset => announceEngine(engines)(first.experiment, dataset, first.seed)),
            ),
    ),
  )

export const prepare =
  (options: StudyOptions, stop: Stopper, seed = 0) =>
  (study: Study): TE.TaskEither<RunError, PreparedStudy> => {
    const datasetOf = reuseDataset((experiment, each) =>
      openDataset(stop, each, dataOf(options))(experiment.data),
    )
    const [variant] = study.variants
    const first = variant && { experiment: variant.experiment, seed }
    return pipe(
      engineFor(study, options, datasetOf, first),
      TE.map(engine => ({ study, engine, datasetOf })),
    )
  }

/** A study as one of several processes has it, and what all of them have agreed on. */
export interface SharedStudy extends PreparedStudy {
  readonly agreement: Agreement
}

/** The engine and its threads as others have them, where none are named; without others so many threads. */
const withAgreed =
  (options: StudyOptions, usual: number | undefined) =>
  (agreement: Agreement | null): StudyOptions => {
    const { engine, threads = usual } = agreement?.facts ?? {}
    return {
      ...(engine !== undefined && { engine }),
      ...(threads !== undefined && { threads: Number(threads) }),
      ...options,
    }
  }

/**
 * Prepares a study that other processes, perhaps of other machines, work on too. Of two that choose an engine at once,
 * the later one takes that of the other.
 *
 * Errors  StudyDiffers where this process could not come to the same results
 */
export const prepareShared =
  (options: StudyOptions, stop: Stopper, threads?: number, retry = true) =>
  (study: Study): TE.TaskEither<RunError, SharedStudy> => {
    const folder = folderOf(options, study)
    return pipe(
      readAgreement(folder),
      TE.flatMap(agreement => prepare(withAgreed(options, threads)(agreement), stop)(study)),
      TE.bind('agreement', ({ engine }) => agreeOnStudy(folder, study, engine)),
      TE.orElse(error =>
        retry && error._tag === 'StudyDiffers'
          ? prepareShared(options, stop, threads, false)(study)
          : TE.left(error),
      ),
    )
  }

/** What `runStudy` and `runCell` need, with every note printed. */
export const contextFor = (
  file: string,
  options: StudyOptions,
  stop: Stopper,
  { study, engine, datasetOf }: PreparedStudy,
  { onCell, onStep }: StudyProgress,
): StudyContext => {
  const recorder = recorderOrNone(options, nameInStudy(study.name))
  return {
    folder: folderOf(options, study),
    engine,
    data: dataOf(options),
    module: file,
    datasetOf,
    observer: {
      onBegin: recorder.begin,
      onEvent: recorder.event,
      onStep,
      stopping: stop.stopping,
      onNote: note => say(renderMessage(note)),
    },
    around: recorded(recorder),
    onCell,
  }
}

/** A line on a run that begins. */
export const sayCell = (nth: number, of: number, name: string, seed: number, done: boolean): void =>
  say(`${nth} of ${of}: ${name}, seed ${seed}${done ? ' (done)' : ''}`)
