/** A whole run: a folder, an engine, data, the fold over the schedule, one look at the test, the result. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Dataset } from '../data/set.js'
import type { Engine } from '../engine/engine.js'
import type { Stepped } from '../learn/phase.js'
import { macsOf, paramsOf } from '../net/count.js'
import { infer } from '../net/infer.js'
import { type Checkpoint, readCheckpoint, saveCheckpoint } from './checkpoint.js'
import { experimentCodec } from './codec.js'
import { compare } from './compared.js'
import { differences } from './difference.js'
import type { Env } from './env.js'
import type { RunError } from './error.js'
import type { Result, RunEvent } from './event.js'
import type { Experiment } from './experiment.js'
import { appendLine, cutTo, makeFolder, readJson, writeJson } from './files.js'
import { beginning, runSchedule } from './fold.js'
import { type Folder, folderAt } from './folder.js'
import { identityOf } from './identity.js'
import { saveModel } from './model.js'
import { metIn } from './result.js'
import { type Fixed, fixed, fixedBy, type Settings, settingsCodec, settingsOf } from './settings.js'
import { scoredAs, tested } from './stepenv.js'

/** Who watches a run, and who may stop it. */
export interface Onlooker {
  /** Told of each line of the log. */
  readonly onEvent: (event: RunEvent) => void
  /** After each step of training. */
  readonly onStep: (stepped: Stepped) => void
  /** Asked between steps: whether to stop here. */
  readonly stopping: () => boolean
  /** Whether the net before the first cut is measured beside the one at the end: unless told, it is. */
  readonly beside?: boolean
  /** Whether a run goes on where what a cut left has fallen to chance: unless told, it ends there with AtChance. */
  readonly pastChance?: boolean
  /** After each step of the schedule, with what the next begins from. */
  readonly onStage?: (checkpoint: Checkpoint) => TE.TaskEither<RunError, void>
}

/** Everything a run needs that has an effect of its own to get. */
export interface Opened {
  readonly engine: Engine
  readonly dataset: Dataset
}

/** The log as an effect: a line an event, counted in bytes from where the checkpoint left it. */
const logTo = ({ events }: Folder, from: number, { onEvent }: Onlooker): Env['emit'] => {
  let length = from
  return event => {
    if (event === null) return TE.right(length)
    const line = JSON.stringify(event)
    length += Buffer.byteLength(line) + 1
    onEvent(event)
    return pipe(
      appendLine(events, line),
      TE.map(() => length),
    )
  }
}

const resultOf =
  (experiment: Experiment, settings: Settings, env: Env, folder: Folder, beside: boolean) =>
  (end: Checkpoint): TE.TaskEither<RunError, Result> => {
    const { checksum, take } = settings.data
    return pipe(
      TE.Do,
      TE.bind('inferred', () => TE.fromEither(infer(end.learner.model.net))),
      TE.bindW('test', () => tested(env)(end.learner.model)),
      TE.bindW('met', () => metIn(folder.events)),
      TE.bindW('compared', ({ test }) => (beside ? compare(env, test)(end) : TE.right(null))),
      TE.map(
        ({ inferred, test, met, compared }): Result => ({
          experiment: experiment.net.name,
          engine: settings.engine,
          code: settings.code,
          seed: settings.seed,
          data: { name: env.dataset.name, checksum, ...(take !== undefined && { take }) },
          params: paramsOf(inferred),
          macs: macsOf(inferred),
          stages: end.stages,
          test: scoredAs(test),
          seconds: end.seconds.run,
          out: folder.path,
          ...(met.length > 0 && { met }),
          ...(compared !== null && { compared }),
        }),
      ),
    )
  }

/** Goes on from a checkpoint to the end, in the run's folder. */
const finish =
  (
    folder: Folder,
    experiment: Experiment,
    settings: Settings,
    { engine, dataset }: Opened,
    onlooker: Onlooker,
  ) =>
  (from: Checkpoint): TE.TaskEither<RunError, Result> => {
    const staged = onlooker.onStage ?? (() => TE.right(undefined))
    const save = saveCheckpoint(folder.checkpoint, identityOf(experiment, settings))
    const env: Env = {
      engine,
      dataset,
      seed: settings.seed,
      emit: logTo(folder, from.logged, onlooker),
      onStep: onlooker.onStep,
      save: checkpoint =>
        pipe(
          save(checkpoint),
          TE.flatMap(() => (checkpoint.inside === null ? staged(checkpoint) : TE.right(undefined))),
        ),
      keep: (met, model) =>
        pipe(
          makeFolder(folder.met),
          TE.flatMap(() =>
            saveModel(join(folder.met, `${met.name}.safetensors`), { figures: JSON.stringify(met) })(model),
          ),
        ),
      stopping: onlooker.stopping,
      pastChance: onlooker.pastChance ?? false,
      clock: () => performance.now() / 1000,
    }
    return pipe(
      cutTo(folder.events, from.logged),
      TE.flatMap(() => runSchedule(env)(experiment)(from)),
      TE.tap(end => saveModel(folder.model)(end.learner.model)),
      TE.flatMap(resultOf(experiment, settings, env, folder, onlooker.beside ?? true)),
      TE.tap(result => writeJson(folder.result)(result)),
    )
  }

const newFolder = ({ path, checkpoint }: Folder): TE.TaskEither<RunError, void> =>
  existsSync(checkpoint) ? TE.left({ _tag: 'RunThere', folder: path }) : makeFolder(path)

/**
 * Begins a run in a folder of its own, from a checkpoint that need not be its own: equal beginnings are equal.
 *
 * Errors  RunThere where the folder holds a run; every `RunError`: what was learnt before one is in the folder
 */
export const beginFrom =
  (path: string, settings: Settings, opened: Opened, onlooker: Onlooker) =>
  (experiment: Experiment, from: Checkpoint): TE.TaskEither<RunError, Result> => {
    const folder = folderAt(path)
    const first = { ...from, logged: 0 }
    return pipe(
      newFolder(folder),
      TE.flatMap(() => writeJson(folder.experiment)(experimentCodec.encode(experiment))),
      TE.flatMap(() => writeJson(folder.settings)(settingsCodec.encode(settings))),
      TE.flatMap(() => saveCheckpoint(folder.checkpoint, identityOf(experiment, settings))(first)),
      TE.flatMap(() => finish(folder, experiment, settings, opened, onlooker)(first)),
    )
  }

/** Begins a run with the net's first weights. */
export const begin =
  (path: string, settings: Settings, opened: Opened, onlooker: Onlooker) =>
  (experiment: Experiment): TE.TaskEither<RunError, Result> =>
    pipe(
      TE.fromEither(beginning(settings.seed)(experiment)),
      TE.flatMap(from => beginFrom(path, settings, opened, onlooker)(experiment, from)),
    )

/** What a run's folder says it is. */
export interface Begun {
  readonly folder: Folder
  readonly experiment: Experiment
  readonly settings: Settings
}

/** Errors  NothingToResume where there is no checkpoint; BadFile */
export const begun = (path: string): TE.TaskEither<RunError, Begun> => {
  const folder = folderAt(path)
  return pipe(
    existsSync(folder.checkpoint)
      ? TE.right(folder)
      : TE.left<RunError>({ _tag: 'NothingToResume', folder: path }),
    TE.bindTo('folder'),
    TE.bindW('experiment', () => readJson(experimentCodec)(folder.experiment)),
    TE.bindW('settings', () => readJson(settingsCodec)(folder.settings)),
  )
}

/**
 * The run, if this is the experiment it began with.
 *
 * Errors  ExperimentDiffers with every difference
 */
export const asBegun =
  (experiment: Experiment) =>
  (run: Begun): E.Either<RunError, Begun> => {
    const found = differences(run.experiment, experiment)
    return found.length === 0
      ? E.right(run)
      : E.left({ _tag: 'ExperimentDiffers', folder: run.folder.path, differences: found })
  }

/**
 * The run, if what is fixed is as it began, but for some of it.
 *
 * Errors  RunDiffers with the first that is not
 */
export const under =
  (now: Settings, free: readonly Fixed[] = []) =>
  (run: Begun): E.Either<RunError, Begun> => {
    const [before, after] = [fixedBy(run.settings), fixedBy(now)]
    const other = fixed.find(what => before[what] !== after[what] && !free.includes(what))
    return other === undefined
      ? E.right(run)
      : E.left({
          _tag: 'RunDiffers',
          folder: run.folder.path,
          what: other,
          began: before[other],
          now: after[other],
        })
  }

/** The run from here on with another experiment: the model it has come to, the steps left in the new schedule. */
export const changed =
  (experiment: Experiment) =>
  (run: Begun): TE.TaskEither<RunError, Begun> => {
    const before = identityOf(run.experiment, run.settings)
    const after = identityOf(experiment, run.settings)
    return pipe(
      readCheckpoint(run.folder.checkpoint, before, after),
      TE.flatMap(saveCheckpoint(run.folder.checkpoint, after)),
      TE.flatMap(() => writeJson(run.folder.experiment)(experimentCodec.encode(experiment))),
      TE.map(() => ({ ...run, experiment })),
    )
  }

/**
 * Takes a run up where its checkpoint is.
 *
 * Errors  RunDiffers where engine, threads or data are not what they were; OtherRun where the checkpoint is not its own
 */
export const resume = (run: Begun, opened: Opened, onlooker: Onlooker): TE.TaskEither<RunError, Result> => {
  const { folder, experiment, settings } = run
  const { seed, data } = settings
  return pipe(
    TE.fromEither(under(settingsOf(seed, opened.engine, opened.dataset, data))(run)),
    TE.flatMap(() => readCheckpoint(folder.checkpoint, identityOf(experiment, settings))),
    TE.flatMap(finish(folder, experiment, settings, opened, onlooker)),
  )
}
