/** `espalier ablate` and `espalier compare` */
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Dataset } from '../data/dataset.js'
import type { Engine } from '../engine/engine.js'
import { enginesOf } from '../engine/open.js'
import { encodeFileName } from '../io/file-name.js'
import { renderMessage, type Stopped } from '../report/text/messages.js'
import type { RunError } from '../run/error.js'
import { loadStudy } from '../run/load/experiment.js'
import type { Experiment } from '../run/schedule/experiment.js'
import type { DataSettings } from '../run/storage/settings.js'
import { engineOfFirstRun, runStudy, seedsOf } from '../run/study/runner.js'
import type { Study } from '../run/study/study.js'
import { announceEngine } from './announce-engine.js'
import { sameCommand } from './command-text.js'
import { end } from './exit.js'
import { inProcesses } from './jobs.js'
import { openDataset } from './resources.js'
import { announceStop, type Stopper, stopper, withStopped } from './signals.js'
import { say } from './stderr.js'
import { writeResults } from './study/results.js'

interface StudyArguments {
  readonly data?: string
  readonly take?: number
  readonly engine?: string
  readonly out: string
  readonly results: string
  readonly jobs: number
  readonly threads?: number
  readonly seeds?: readonly number[]
  readonly job?: boolean
}

type OpenDataset = (experiment: Experiment, seed: number) => TE.TaskEither<RunError, Dataset>

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

/** Errors  NoSuchSeed */
const checkSeeds =
  (seeds: readonly number[]) =>
  (study: Study): E.Either<RunError, Study> => {
    const unknown = seeds.find(seed => seed >= study.seeds)
    return unknown === undefined
      ? E.right(study)
      : E.left({ _tag: 'NoSuchSeed', seed: unknown, seeds: study.seeds })
  }

/** A study, its data, and the one engine of all its runs. */
interface PreparedStudy {
  readonly study: Study
  readonly engine: Engine
  readonly data: DataSettings
  readonly datasetOf: OpenDataset
}

const folderOf = ({ out }: StudyArguments, { name }: Study): string => join(out, encodeFileName(name))

/** The engine named, or that of the runs that have begun, or the fastest for the first run. */
const engineFor = (
  study: Study,
  options: StudyArguments,
  datasetOf: OpenDataset,
): TE.TaskEither<RunError, Engine> => {
  const [first] = study.variants
  const seed = options.seeds?.[0] ?? 0
  return pipe(
    options.engine === undefined
      ? engineOfFirstRun(folderOf(options, study))(study)
      : TE.right<RunError, string | null>(options.engine),
    TE.flatMap(name => enginesOf(name ?? undefined, options.threads)),
    TE.flatMap(
      (engines): TE.TaskEither<RunError, Engine> =>
        first === undefined || engines.length === 1
          ? TE.right(engines[0])
          : pipe(
              datasetOf(first.experiment, seed),
              TE.flatMap(dataset => announceEngine(engines)(first.experiment, dataset, seed)),
            ),
    ),
  )
}

const prepare =
  (options: StudyArguments, stop: Stopper) =>
  (study: Study): TE.TaskEither<RunError, PreparedStudy> => {
    const data = {
      ...(options.data !== undefined && { folder: options.data }),
      ...(options.take !== undefined && { take: options.take }),
    }
    const datasetOf = reuseDataset((experiment, seed) => openDataset(stop, seed, data)(experiment.data))
    return pipe(
      engineFor(study, options, datasetOf),
      TE.map(engine => ({ study, engine, data, datasetOf })),
    )
  }

/** Runs the seeds named; without names all of them, and then the table. */
const runSeeds =
  (file: string, options: StudyArguments, stop: Stopper) =>
  ({ study, engine, data, datasetOf }: PreparedStudy): TE.TaskEither<RunError, string> => {
    const seeds = options.seeds ?? seedsOf(study)
    const cells = seeds.length * study.variants.reduce((sum, { scratch }) => sum + (scratch ? 2 : 1), 0)
    let begun = 0
    return pipe(
      runStudy({
        folder: folderOf(options, study),
        engine,
        data,
        module: file,
        datasetOf,
        observer: {
          onEvent: () => undefined,
          onStep: () => undefined,
          stopping: stop.stopping,
          onNote: note => say(renderMessage(note)),
        },
        onCell: (name, seed, done) =>
          say(`${++begun} of ${cells}: ${name}, seed ${seed}${done ? ' (done)' : ''}`),
      })(study, seeds),
      TE.flatMap(runs =>
        options.seeds === undefined ? writeResults(study, engine, options.results)(runs) : TE.right(''),
      ),
    )
  }

/** Runs the study, with several jobs first in parallel processes; then only the table is left. */
const runAll = (
  name: string,
  file: string,
  study: Study,
  options: StudyArguments,
): TE.TaskEither<RunError | Stopped, string> => {
  const { job = false, jobs, threads } = options
  const stop = stopper({ job })
  if (!job) announceStop(stop)
  const table = pipe(
    prepare(options, stop)(study),
    TE.tap(({ engine }) =>
      jobs > 1 ? inProcesses(study.seeds, jobs, stop, engine.name, threads) : TE.right(undefined),
    ),
    TE.flatMap(runSeeds(file, options, stop)),
  )
  return job
    ? table
    : pipe(
        table,
        withStopped(stop, () => sameCommand(name)),
      )
}

export const studyFile = (name: string, file: string, options: StudyArguments): Promise<void> =>
  end(
    pipe(
      loadStudy(file),
      TE.flatMapEither(checkSeeds(options.seeds ?? [])),
      TE.flatMap(study => runAll(name, file, study, options)),
    ),
    table => process.stdout.write(table),
  )
