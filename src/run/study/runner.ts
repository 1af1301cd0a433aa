/** Runs a study: what is done is not done again. */

import { existsSync } from 'node:fs'
import { identity, pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { readModel } from '../../convert/model-file.js'
import type { Dataset } from '../../data/dataset.js'
import type { Engine } from '../../engine/engine.js'
import { readJson, sizeOfFile } from '../../io/files.js'
import type { Model } from '../../net/weights.js'
import { ownLayersIn } from '../../net/words/own-layer.js'
import type { RunError } from '../error.js'
import type { CutScores, Result } from '../events.js'
import type { RunObserver } from '../observer.js'
import { beginFrom, resume } from '../run.js'
import { epochsIn } from '../schedule/epochs.js'
import type { Experiment } from '../schedule/experiment.js'
import { checkSameExperiment } from '../schedule/experiment-change.js'
import { train } from '../schedule/schedule.js'
import { folderAt } from '../storage/folder.js'
import { readResult } from '../storage/result.js'
import {
  type DataSettings,
  type RunInvariant,
  type Settings,
  settingsCodec,
  settingsOf,
} from '../storage/settings.js'
import { checkSameSettings, openRun, type StoredRun } from '../storage/stored-run.js'
import { type Cell, cellsOf, folderFor, scratchName, seedsOf } from './cells.js'
import { checkNames } from './check-names.js'
import { longestSharedStart, removeSharedParts, saveShared } from './shared-start.js'
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

/** What a study needs to run. */
export interface StudyContext {
  readonly folder: string
  readonly engine: Engine
  /** Opens the data of a variant, with the seed that splits it. */
  readonly datasetOf: (experiment: Experiment, seed: number) => TE.TaskEither<RunError, Dataset>
  readonly data: DataSettings
  /** The file that the study is from. */
  readonly module?: string
  readonly observer: RunObserver
  /** Called before each run; `done`: it was done before. */
  readonly onCell: (name: string, seed: number, done: boolean) => void
  /** Goes around each run that is not done, as what records it must hear how it ends. */
  readonly around?: (run: TE.TaskEither<RunError, Result>) => TE.TaskEither<RunError, Result>
}

/** The engine of a study's first run that has begun; `null` where none has. */
export const engineOfFirstRun =
  (folder: string) =>
  (study: Study): TE.TaskEither<RunError, string | null> => {
    const settings = cellsOf(study)
      .map(({ variant, seed }) => folderAt(folderFor(folder, variant.name, seed)).settings)
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

/** Runs one experiment of a cell, resumes it, or reads its result: a finished run may have had other threads. */
const runExperiment =
  (context: StudyContext, study: Study, name: string, seed: number) =>
  (experiment: Experiment): TE.TaskEither<RunError, Result> => {
    const path = folderFor(context.folder, name, seed)
    const folder = folderAt(path)
    const done = existsSync(folder.result)
    context.onCell(name, seed, done)
    const { around = identity } = context
    const runOn = (dataset: Dataset): TE.TaskEither<RunError, Result> => {
      const settings = settingsOf(seed, context.engine, dataset, context.data, context.module)
      const opened = { engine: context.engine, dataset }
      const onStage = saveShared(context.folder, study, experiment, settings)
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
            around,
          )
        : pipe(
            longestSharedStart(context.folder, experiment, settings),
            TE.flatMap(from => beginFrom(path, settings, opened, observer)(experiment, from)),
            around,
          )
    }
    return pipe(context.datasetOf(experiment, seed), TE.flatMap(runOn))
  }

/**
 * Trains the net an experiment ended in from new weights, with its first training's options, for as many epochs as it
 * took.
 */
const scratchOf = ({ data, schedule }: Experiment, { net }: Model): Experiment => {
  const { prune: _, ...first } = schedule.find(step => step._tag === 'train') ?? train()
  return {
    _tag: 'experiment',
    net,
    data,
    schedule: [{ ...first, distill: null, epochs: epochsIn(schedule) }],
  }
}

/** Runs one cell: the variant and, where that is asked for, its shape from scratch. */
export const runCell =
  (context: StudyContext, study: Study) =>
  ({ variant, seed }: Cell): TE.TaskEither<RunError, VariantRun> =>
    pipe(
      TE.Do,
      TE.bind('result', () => runExperiment(context, study, variant.name, seed)(variant.experiment)),
      TE.bindW('model', () =>
        readModel(
          folderAt(folderFor(context.folder, variant.name, seed)).model,
          ownLayersIn(variant.experiment),
        ),
      ),
      TE.bindW('bytes', () => sizeOfFile(folderAt(folderFor(context.folder, variant.name, seed)).model)),
      TE.bind(
        'scratch',
        ({ model }): TE.TaskEither<RunError, Result | null> =>
          variant.scratch
            ? runExperiment(
                context,
                study,
                scratchName(variant.name),
                seed,
              )(scratchOf(variant.experiment, model))
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
      TE.flatMap(() => removeSharedParts(context.folder)),
      TE.map(() => seeds.flatMap(seed => cellsOf(study).filter(cell => cell.seed === seed))),
      TE.flatMap(TE.traverseSeqArray(runCell(context, study))),
    )
