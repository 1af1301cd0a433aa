/** Runs a study: what is done is not done again. */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { readModel } from '../../convert/model-file.js'
import type { Dataset } from '../../data/dataset.js'
import type { Engine } from '../../engine/engine.js'
import { encodeFileName } from '../../io/file-name.js'
import { makeFolder, readJson, removeParts, sizeOfFile } from '../../io/files.js'
import { isGone } from '../../io/process-owner.js'
import type { Model } from '../../net/weights.js'
import { ownLayersIn } from '../../net/words/own-layer.js'
import type { RunObserver } from '../context.js'
import type { RunError } from '../error.js'
import type { CutScores, Result } from '../events.js'
import { beginFrom, resume } from '../run.js'
import { initialCheckpoint } from '../runner.js'
import { epochsIn } from '../schedule/epochs.js'
import type { Experiment } from '../schedule/experiment.js'
import { train } from '../schedule/schedule.js'
import { type Checkpoint, readCheckpoint, saveCheckpoint } from '../storage/checkpoint.js'
import { folderAt } from '../storage/folder.js'
import { identityOf } from '../storage/identity.js'
import { readResult } from '../storage/result.js'
import {
  type DataSettings,
  type RunInvariant,
  type Settings,
  settingsCodec,
  settingsOf,
} from '../storage/settings.js'
import { checkSameExperiment, checkSameSettings, openRun, type StoredRun } from '../storage/stored-run.js'
import { checkNames, scratchName } from './cells.js'
import type { Study, Variant } from './study.js'

/** A variant trained with one seed, and what came of it. */
export interface VariantRun {
  readonly variant: Variant
  readonly seed: number
  readonly result: Result
  readonly model: Model
  /** Of the model's file. */
  readonly bytes: number
  readonly cuts: readonly CutScores[]
  readonly scratch: Result | null
}

/** What a study needs to run; `onCell` hears of each run before it begins, `done` where it was done before. */
export interface StudyContext {
  readonly folder: string
  readonly engine: Engine
  readonly datasetOf: (experiment: Experiment, seed: number) => TE.TaskEither<RunError, Dataset>
  readonly data: DataSettings
  /** The file that the study is from. */
  readonly module?: string
  readonly observer: RunObserver
  readonly onCell: (name: string, seed: number, done: boolean) => void
}

/** All seeds of a study. */
export const seedsOf = ({ seeds }: Study): readonly number[] =>
  Array.from({ length: seeds }, (_, seed) => seed)

interface Cell {
  readonly variant: Variant
  readonly seed: number
}

/** In the order they are run. */
const cellsOf = ({ variants }: Study, seeds: readonly number[]): readonly Cell[] =>
  seeds.flatMap(seed => variants.map(variant => ({ variant, seed })))

const sharedFolder = ({ folder }: StudyContext): string => join(folder, 'shared')

const sharedFile = (context: StudyContext, name: string): string =>
  join(sharedFolder(context), `${name}.safetensors`)

/** The checkpoint after the most first steps that another variant has run already, else the first weights. */
const longestSharedStart = (
  context: StudyContext,
  experiment: Experiment,
  settings: Settings,
): TE.TaskEither<RunError, Checkpoint> => {
  const [known] = experiment.schedule
    .map((_, steps) => identityOf(experiment, settings, steps))
    .slice(1)
    .reverse()
    .filter(name => existsSync(sharedFile(context, name)))
  return known === undefined
    ? TE.fromEither(initialCheckpoint(settings.seed)(experiment))
    : readCheckpoint(sharedFile(context, known), ownLayersIn(experiment), known)
}

/** Saves the checkpoint after first steps that other variants of the study share. */
const saveShared =
  (context: StudyContext, study: Study, experiment: Experiment, settings: Settings) =>
  (checkpoint: Checkpoint): TE.TaskEither<RunError, void> => {
    const steps = checkpoint.stages.length
    const name = identityOf(experiment, settings, steps)
    const shared = study.variants.filter(
      other =>
        other.experiment.schedule.length > steps && identityOf(other.experiment, settings, steps) === name,
    )
    const file = sharedFile(context, name)
    return steps === 0 || shared.length < 2 || existsSync(file)
      ? TE.right(undefined)
      : pipe(
          makeFolder(sharedFolder(context)),
          TE.flatMap(() => saveCheckpoint(file, name)(checkpoint)),
        )
  }

const folderFor = (context: Pick<StudyContext, 'folder'>, name: string, seed: number): string =>
  join(context.folder, encodeFileName(name), `${seed}`)

/** The engine of a study's first run that has begun; `null` where none has. */
export const engineOfFirstRun =
  (folder: string) =>
  (study: Study): TE.TaskEither<RunError, string | null> => {
    const settings = cellsOf(study, seedsOf(study))
      .map(({ variant, seed }) => folderAt(folderFor({ folder }, variant.name, seed)).settings)
      .find(existsSync)
    return settings === undefined
      ? TE.right(null)
      : pipe(
          readJson(settingsCodec)(settings),
          TE.map(({ engine }) => engine.name),
        )
  }

/** Opens a run of the study's folder, and refuses one of another experiment or other settings. */
const openSameRun = (
  path: string,
  experiment: Experiment,
  settings: Settings,
  free: readonly RunInvariant[],
): TE.TaskEither<RunError, StoredRun> =>
  pipe(
    openRun(path),
    TE.flatMapEither(checkSameExperiment(experiment)),
    TE.mapLeft(error =>
      error._tag === 'ExperimentDiffers' ? { ...error, _tag: 'VariantDiffers' as const } : error,
    ),
    TE.flatMapEither(checkSameSettings(settings, free)),
  )

/** Runs one experiment with one seed, resumes it, or reads its result: a finished run may have had other threads. */
const runCell =
  (context: StudyContext, study: Study, name: string, seed: number) =>
  (experiment: Experiment): TE.TaskEither<RunError, Result> => {
    const path = folderFor(context, name, seed)
    const folder = folderAt(path)
    const done = existsSync(folder.result)
    context.onCell(name, seed, done)
    const runOn = (dataset: Dataset): TE.TaskEither<RunError, Result> => {
      const settings = settingsOf(seed, context.engine, dataset, context.data, context.module)
      const opened = { engine: context.engine, dataset }
      const onStage = saveShared(context, study, experiment, settings)
      const observer: RunObserver = { ...context.observer, beside: false, pastChance: true, onStage }
      if (done)
        return pipe(
          openSameRun(path, experiment, settings, ['threads']),
          TE.flatMap(() => readResult(folder.result)),
        )
      return existsSync(folder.checkpoint)
        ? pipe(
            openSameRun(path, experiment, settings, []),
            TE.flatMap(run => resume(run, opened, observer, { experiment })),
          )
        : pipe(
            longestSharedStart(context, experiment, settings),
            TE.flatMap(from => beginFrom(path, settings, opened, observer)(experiment, from)),
          )
    }
    return pipe(context.datasetOf(experiment, seed), TE.flatMap(runOn))
  }

/** Trains the net an experiment ended in from new weights, with its first training's options, for as many epochs as it took. */
const scratchOf = ({ data, schedule }: Experiment, { net }: Model): Experiment => {
  const first = schedule.find(step => step._tag === 'train') ?? train()
  return {
    _tag: 'experiment',
    net,
    data,
    schedule: [{ ...first, distill: null, epochs: epochsIn(schedule) }],
  }
}

const runVariant =
  (context: StudyContext, study: Study) =>
  ({ variant, seed }: Cell): TE.TaskEither<RunError, VariantRun> =>
    pipe(
      TE.Do,
      TE.bind('result', () => runCell(context, study, variant.name, seed)(variant.experiment)),
      TE.bindW('model', () =>
        readModel(folderAt(folderFor(context, variant.name, seed)).model, ownLayersIn(variant.experiment)),
      ),
      TE.bindW('bytes', () => sizeOfFile(folderAt(folderFor(context, variant.name, seed)).model)),
      TE.bind(
        'scratch',
        ({ model }): TE.TaskEither<RunError, Result | null> =>
          variant.scratch
            ? runCell(context, study, scratchName(variant.name), seed)(scratchOf(variant.experiment, model))
            : TE.right(null),
      ),
      TE.map(done => ({ variant: variant, seed, cuts: done.result.cuts ?? [], ...done })),
    )

/**
 * Runs a study, or some seeds of it, seed after seed so that early tables are fair, one variant after the other.
 *
 * Errors  those of `checkNames`, before anything runs
 * Law     stopped anywhere and run again, the same results; first steps that variants share are run once
 */
export const runStudy =
  (context: StudyContext) =>
  (study: Study, seeds = seedsOf(study)): TE.TaskEither<RunError, readonly VariantRun[]> =>
    pipe(
      TE.fromEither(checkNames(study)),
      TE.flatMap(() => removeParts(sharedFolder(context), isGone)),
      TE.map(() => cellsOf(study, seeds)),
      TE.flatMap(TE.traverseSeqArray(runVariant(context, study))),
    )
