/** A run from where it is to its end: the fold over the schedule, one look at the test images, the result. */
import { join } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { saveModel } from '../convert/model-file.js'
import { type Preprocessing, preprocessingOf } from '../data/preprocessing.js'
import { makeFolder, syncFile, writeJson } from '../io/files.js'
import { countMacs, countParams } from '../net/counts.js'
import { compareBeforeAfter } from './comparison.js'
import type { Resources, RunContext } from './context.js'
import type { RunError } from './error.js'
import type { Result } from './events.js'
import type { RunObserver } from './observer.js'
import { runSchedule } from './runner.js'
import { runStep } from './steps/machine.js'
import { scoreMirrored, scoreTest, toScored } from './steps/step-context.js'
import { type Checkpoint, saveCheckpoint } from './storage/checkpoint.js'
import { openLog } from './storage/event-log.js'
import type { Folder } from './storage/folder.js'
import { identityOf } from './storage/identity.js'
import { requireHeld } from './storage/lock.js'
import type { StoredRun } from './storage/stored-run.js'

/** What a run computes, by name. */
export const runName = ({ experiment, settings }: StoredRun): string => identityOf(experiment, settings)

const resultOf =
  (
    { folder, experiment, settings }: StoredRun,
    context: RunContext,
    { beside = true, mirror = false }: RunObserver,
  ) =>
  (end: Checkpoint): TE.TaskEither<RunError, Result> => {
    const { checksum, take } = settings.data
    return pipe(
      scoreTest(context)(end.learner.model),
      TE.bindTo('test'),
      TE.bindW('compared', ({ test }) => (beside ? compareBeforeAfter(context, test)(end) : TE.right(null))),
      TE.bindW('mirrored', () => (mirror ? scoreMirrored(context)(end.learner.model) : TE.right(null))),
      TE.map(
        ({ test, compared, mirrored }): Result => ({
          experiment: experiment.net.name,
          engine: settings.engine,
          code: settings.code,
          seed: settings.seed,
          data: { name: context.dataset.name, checksum, ...(take !== undefined && { take }) },
          params: countParams(end.learner.model),
          macs: countMacs(end.learner.model),
          trainingMacs: end.trainingMacs,
          stages: end.stages,
          test: toScored(test),
          ...(mirrored !== null && { mirrored: toScored(mirrored) }),
          seconds: end.seconds.run,
          out: folder.path,
          ...(end.met.length > 0 && { met: end.met }),
          ...(end.cuts.length > 0 && { cuts: end.cuts }),
          ...(end.bestEpochs.length > 0 && { bestEpochs: end.bestEpochs }),
          ...(compared !== null && { compared }),
        }),
      ),
    )
  }

/** Keeps a net met while growing beside the run. */
const keepMet =
  ({ met: folder }: Folder, preprocessing: Preprocessing): RunContext['keep'] =>
  (met, model) =>
    pipe(
      makeFolder(folder),
      TE.flatMap(() =>
        saveModel(join(folder, `${met.name}.safetensors`), preprocessing, {
          figures: JSON.stringify(met),
        })(model),
      ),
    )

/** Saves a checkpoint with the log it knows of, and passes on those between steps. */
const saveWith = (run: StoredRun, { onStage }: RunObserver): RunContext['save'] => {
  const { events, checkpoint: file } = run.folder
  const save = saveCheckpoint(file, runName(run))
  return checkpoint =>
    pipe(
      requireHeld(run.folder.path),
      TE.flatMap(() => syncFile(events)),
      TE.flatMap(() => save(checkpoint)),
      TE.flatMap(() =>
        checkpoint.cursor === null && onStage !== undefined ? onStage(checkpoint) : TE.right(undefined),
      ),
    )
}

/** Goes on from a checkpoint to the end, in the run's folder. */
export const finish =
  (run: StoredRun, resources: Resources, observer: RunObserver) =>
  (from: Checkpoint): TE.TaskEither<RunError, Result> => {
    const { folder, experiment, settings } = run
    const preprocessing = preprocessingOf(resources.dataset)
    const { emit, logLength } = openLog(folder.events, from.logged, observer.onEvent)
    const context: RunContext = {
      ...resources,
      seed: settings.seed,
      logLength,
      runStep,
      emit: event =>
        pipe(
          requireHeld(folder.path),
          TE.flatMap(() => emit(event)),
        ),
      onStep: observer.onStep,
      save: saveWith(run, observer),
      keep: keepMet(folder, preprocessing),
      stopping: observer.stopping,
      pastChance: observer.pastChance ?? false,
      clock: () => performance.now() / 1000,
    }
    return pipe(
      runSchedule(context)(experiment)(from),
      TE.tap(end => saveModel(folder.model, preprocessing)(end.learner.model)),
      TE.flatMap(resultOf(run, context, observer)),
      TE.tap(result => writeJson(folder.result)(result)),
    )
  }
