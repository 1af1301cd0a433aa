/** `espalier ablate` and `espalier compare` */
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Dataset } from '../data/dataset.js'
import { enginesOf } from '../engine/choose.js'
import type { Engine } from '../engine/engine.js'
import { encodeFileName } from '../io/file-name.js'
import { makeFolder, writeAtomically, writeJson } from '../io/files.js'
import { latencies } from '../learn/evaluation/latency.js'
import { plot } from '../report/plot.js'
import { canCross, crossedTables } from '../report/tables/ablation.js'
import { cutsTable, rowsOf, studyFooter, studyTable, type Timed } from '../report/tables/study.js'
import { renderMessage, type Stopped } from '../report/text/messages.js'
import type { RunError } from '../run/error.js'
import { loadStudy } from '../run/load.js'
import type { Experiment } from '../run/schedule/experiment.js'
import type { DataSettings } from '../run/storage/settings.js'
import { engineBegun, runStudy, seedsOf, type VariantRun } from '../run/study/runner.js'
import type { Study } from '../run/study/study.js'
import { chooseEngine } from './choose-engine.js'
import { sameCommand } from './command-text.js'
import { end } from './exit.js'
import { inProcesses } from './jobs.js'
import { openDataset } from './resources.js'
import { announceStop, type Stopper, stopper, tellStop } from './signals.js'
import { say } from './stderr.js'

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

/** Every entrant's first net, in one interleaved run. */
const timing = (engine: Engine, dones: readonly VariantRun[]): TE.TaskEither<RunError, Timed> => {
  const first = dones.filter(({ seed }) => seed === 0)
  const models = first.map(({ model }) => model)
  return pipe(
    TE.Do,
    TE.bind('one', () => latencies(engine, 1)(models)),
    TE.bind('hundred', () => latencies(engine, 100)(models)),
    TE.map(
      ({ one, hundred }) =>
        new Map(
          first.flatMap(({ entrant }, nth) => {
            const [single, batch] = [one[nth], hundred[nth]]
            return single === undefined || batch === undefined
              ? []
              : [[entrant.name, [single, batch]] as const]
          }),
        ),
    ),
  )
}

/** Nets of an ablation are of a few sizes: they are crossed, and not timed. */
const tables = (engine: Engine, dones: readonly VariantRun[]): TE.TaskEither<RunError, string> =>
  canCross(dones)
    ? TE.right(crossedTables(dones))
    : pipe(
        timing(engine, dones),
        TE.map(timed =>
          dones.some(({ cuts }) => cuts.length > 1)
            ? `${studyTable(dones, timed)}\n\n${cutsTable(dones)}`
            : studyTable(dones, timed),
        ),
      )

/** Writes the picture; says what is missing where nothing can draw it, for the table is there without. */
const draw = (study: Study, dones: readonly VariantRun[], file: string): TE.TaskEither<RunError, void> =>
  pipe(
    plot(study.name, dones),
    TE.matchEW(
      missing => TE.fromIO(() => say(`no picture: ${renderMessage(missing)}`)),
      picture => writeAtomically(file, picture),
    ),
  )

const written =
  (study: Study, engine: Engine, { results }: StudyArguments) =>
  (dones: readonly VariantRun[]) => {
    const file = (ending: string) => join(results, `${encodeFileName(study.name)}.${ending}`)
    const footer = studyFooter(study, dones, canCross(dones) ? null : engine)
    return pipe(
      tables(engine, dones),
      TE.map(text => `${text}\n\n${footer}.\n`),
      TE.tap(() => makeFolder(results)),
      TE.tap(() => writeJson(file('json'))(rowsOf(dones))),
      TE.tap(text => writeAtomically(file('md'), text)),
      TE.tap(() => draw(study, dones, file('svg'))),
    )
  }

type Open = (experiment: Experiment, seed: number) => TE.TaskEither<RunError, Dataset>

/** Opens a data set once for all entrants in a row that want it, and closes it when the next one is opened. */
const remembering = (open: Open): Open => {
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

const knowing =
  (seeds: readonly number[]) =>
  (study: Study): E.Either<RunError, Study> => {
    const unknown = seeds.find(seed => seed >= study.seeds)
    return unknown === undefined
      ? E.right(study)
      : E.left({ _tag: 'NoSuchSeed', seed: unknown, seeds: study.seeds })
  }

/** A study, its data, and the one engine that all its runs compare on. */
interface Ready {
  readonly study: Study
  readonly engine: Engine
  readonly data: DataSettings
  readonly datasetOf: Open
}

const folderOf = ({ out }: StudyArguments, { name }: Study): string => join(out, encodeFileName(name))

/** The engine asked for, or that of the runs that have begun, or the fastest for the first run. */
const engineFor = (
  study: Study,
  options: StudyArguments,
  datasetOf: Open,
): TE.TaskEither<RunError, Engine> => {
  const [first] = study.variants
  const seed = options.seeds?.[0] ?? 0
  return pipe(
    options.engine === undefined
      ? engineBegun(folderOf(options, study))(study)
      : TE.right<RunError, string | null>(options.engine),
    TE.flatMap(name => enginesOf(name ?? undefined, options.threads)),
    TE.flatMap(
      (engines): TE.TaskEither<RunError, Engine> =>
        first === undefined || engines.length === 1
          ? TE.right(engines[0])
          : pipe(
              datasetOf(first.experiment, seed),
              TE.flatMap(dataset => chooseEngine(engines)(first.experiment, dataset, seed)),
            ),
    ),
  )
}

const prepare =
  (options: StudyArguments, stop: Stopper) =>
  (study: Study): TE.TaskEither<RunError, Ready> => {
    const data = {
      ...(options.data !== undefined && { folder: options.data }),
      ...(options.take !== undefined && { take: options.take }),
    }
    const datasetOf = remembering((experiment, seed) => openDataset(stop, seed, data)(experiment.data))
    return pipe(
      engineFor(study, options, datasetOf),
      TE.map(engine => ({ study, engine, data, datasetOf })),
    )
  }

/** Runs the seeds asked for; then a table, where nothing was asked. */
const run =
  (options: StudyArguments, stop: Stopper) =>
  ({ study, engine, data, datasetOf }: Ready): TE.TaskEither<RunError, string> => {
    const seeds = options.seeds ?? seedsOf(study)
    const total = seeds.length * study.variants.reduce((sum, { scratch }) => sum + (scratch ? 2 : 1), 0)
    let begun = 0
    return pipe(
      runStudy({
        folder: folderOf(options, study),
        engine,
        data,
        datasetOf,
        onlooker: {
          onEvent: () => undefined,
          onStep: () => undefined,
          stopping: stop.stopping,
          onNote: note => say(renderMessage(note)),
        },
        onCell: (name, seed, done) =>
          say(`${++begun} of ${total}: ${name}, seed ${seed}${done ? ' (done)' : ''}`),
      })(study, seeds),
      TE.flatMap(dones =>
        options.seeds === undefined ? written(study, engine, options)(dones) : TE.right(''),
      ),
    )
  }

/** In processes of their own first, where that is asked for; then all is done but the table. */
const runAll = (
  name: string,
  study: Study,
  options: StudyArguments,
): TE.TaskEither<RunError | Stopped, string> => {
  const { job = false, jobs, threads } = options
  const stop = stopper({ job })
  if (!job) announceStop(stop)
  const stopped = pipe(
    prepare(options, stop)(study),
    TE.tap(({ engine }) =>
      jobs > 1 ? inProcesses(study.seeds, jobs, stop, engine.name, threads) : TE.right(undefined),
    ),
    TE.flatMap(run(options, stop)),
  )
  return job
    ? stopped
    : pipe(
        stopped,
        tellStop(stop, () => sameCommand(name)),
      )
}

export const studyFile = (name: string, file: string, options: StudyArguments): Promise<void> =>
  end(
    pipe(
      loadStudy(file),
      TE.flatMapEither(knowing(options.seeds ?? [])),
      TE.flatMap(study => runAll(name, study, options)),
    ),
    table => process.stdout.write(table),
  )
