/** `espalier prune`: one cut of a model in any file that is read. */
import { existsSync } from 'node:fs'
import { basename, dirname, extname, join, resolve } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { not } from 'fp-ts/lib/Predicate.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { saveModel } from '../../convert/model-file.js'
import type { Dataset } from '../../data/dataset.js'
import type { Notice } from '../../data/notices.js'
import { type Preprocessing, preprocessingOf } from '../../data/preprocessing.js'
import type { DataSpec } from '../../data/spec.js'
import { openEngine } from '../../engine/open.js'
import { isFolder, makeFolder } from '../../io/files.js'
import { checkData } from '../../learn/evaluation/check-data.js'
import { type LatencySource, pruneToLatency } from '../../learn/evaluation/latency-target.js'
import type { CriterionName } from '../../learn/options.js'
import type { Model } from '../../net/weights.js'
import { prunedTable } from '../../report/tables/pruned.js'
import { counted } from '../../report/text/numbers.js'
import { renderMessage } from '../../report/text/render-message.js'
import { scarceText } from '../../report/text/scarce-fits.js'
import type { RunError } from '../../run/error.js'
import { loadExperiment } from '../../run/load/experiment.js'
import type { Repair } from '../../run/schedule/steps.js'
import { calibrationData, checkClassNames, withNormaliser } from '../../run/standalone/calibration-data.js'
import { findLatencyTable } from '../../run/standalone/latency-table.js'
import {
  cutByWeights,
  type PrunedOnce,
  pruneOnce,
  usualRepair,
  type WeightCriterion,
} from '../../run/standalone/prune-once.js'
import type { FoundModel } from '../../run/standalone/read-model.js'
import type { Pruned } from '../../surgery/prune/prune.js'
import {
  type CountedAmount,
  isLatencyTarget,
  type LatencyAmount,
  type LatencyTarget,
  type Target,
} from '../../surgery/prune/target.js'
import { end } from '../exit.js'
import { openDataset } from '../resources.js'
import { stopper } from '../signals.js'
import { say } from '../stderr.js'
import { readRun } from './read-run.js'

interface PruneArguments {
  readonly keep: CountedAmount | LatencyAmount
  readonly device?: string
  readonly data?: string
  readonly experiment?: string
  readonly by?: CriterionName
  readonly repair?: Repair
  readonly images: number
  readonly engine?: string
  readonly out?: string
  readonly force?: boolean
}

/** A pruned model, and how its images are prepared; its accuracies where images were looked at. */
type Done = Pick<PrunedOnce, 'model'> &
  Pick<FoundModel, 'preprocessing'> & { readonly accuracies: PrunedOnce | null }

/** Beside the model's file, or in the run's folder. */
const defaultOut = (path: string): string => {
  const name = `${basename(resolve(path), extname(path))}-pruned.safetensors`
  return join(isFolder(path) ? path : dirname(path), name)
}

/** Errors  FileThere */
const checkFree = (out: string, force: boolean): E.Either<RunError, void> =>
  existsSync(out) && !force ? E.left({ _tag: 'FileThere', file: out }) : E.right(undefined)

/** Class folders, or the data of an experiment. */
const specFor = (
  { model, preprocessing }: FoundModel,
  { experiment }: PruneArguments,
): TE.TaskEither<RunError, DataSpec> =>
  experiment === undefined
    ? TE.right(calibrationData(model, preprocessing))
    : pipe(
        loadExperiment(experiment),
        TE.map(({ data }) => withNormaliser(data, preprocessing)),
      )

/** The model's own, or what it was measured with, under the names of the classes that it answers with. */
const preprocessingBy = (dataset: Dataset, { preprocessing }: FoundModel): Preprocessing => ({
  ...(preprocessing ?? preprocessingOf(dataset)),
  classes: dataset.classes,
})

/** What a data set is split into for a run; a cut uses the parts in its own way, which `sayHow` tells. */
const isOfParts = ({ _tag }: Notice): boolean =>
  _tag === 'TestSplit' || _tag === 'ValidationTests' || _tag === 'ValidationGiven'

/** Which images serve for what. */
const sayHow = (
  { train, validation, test }: Dataset,
  { preprocessing }: FoundModel,
  { by, repair, images }: { readonly by: CriterionName; readonly repair: Repair; readonly images: number },
): void => {
  const unused = test.size === 0 ? '' : `; ${counted(test.size, 'test image')} not used`
  const measured = preprocessing === null ? '; mean and deviation are those of the images' : ''
  say(
    `by ${by}, repaired by ${repair}, both on ${counted(Math.min(images, train.size), 'image')}; accuracy on ${counted(validation.size, 'image')} that neither has seen${unused}${measured}`,
  )
}

const pruneOn =
  (path: string, found: FoundModel, options: PruneArguments) =>
  (dataset: Dataset): TE.TaskEither<RunError, Done> => {
    const { model, preprocessing } = found
    const { keep, by = 'taylor', repair = usualRepair(model), images } = options
    const classes = preprocessing?.classes.length ? preprocessing.classes : null
    return pipe(
      checkClassNames(dataset, { file: path, classes }, 'data')(model),
      E.flatMap((): E.Either<RunError, void> => checkData(dataset)(model)),
      TE.fromEither,
      TE.tapIO(() => () => sayHow(dataset, found, { by, repair, images })),
      TE.flatMap(() => openEngine(options.engine)),
      TE.mapLeft((error): RunError => error),
      TE.bindTo('engine'),
      TE.bindW('table', ({ engine }) => findLatencyTable(options.device, engine)),
      TE.flatMap(({ engine, table }) =>
        pruneOnce(
          { keep, by, repair, images },
          { engine, dataset, ...(table !== undefined && { latencyTable: table }) },
        )(model),
      ),
      TE.tapIO(({ scarce }) => () => {
        if (scarce.length > 0) say(scarceText(scarce))
      }),
      TE.map(accuracies => ({
        model: accuracies.model,
        preprocessing: preprocessingBy(dataset, found),
        accuracies,
      })),
    )
  }

const pruneWithImages = (
  path: string,
  found: FoundModel,
  options: PruneArguments,
): TE.TaskEither<RunError, Done> => {
  const folder = options.data === undefined ? {} : { folder: options.data }
  return TE.bracket(
    pipe(specFor(found, options), TE.flatMap(openDataset(stopper(), 0, folder, not(isOfParts)))),
    pruneOn(path, found, options),
    dataset => TE.fromTask(dataset.close),
  )
}

/** To a share of a latency by the table of a device, or as measured on the engine. */
const pruneToLatencyByWeights =
  ({ engine, device }: PruneArguments, target: LatencyTarget, by: WeightCriterion) =>
  (model: Model): TE.TaskEither<RunError, Pruned> =>
    pipe(
      openSource(engine, device),
      TE.flatMap(source =>
        pruneToLatency(source, target, share => cutByWeights({ keep: { macs: share } }, by)(model))(model),
      ),
    )

const openSource = (
  name: string | undefined,
  device: string | undefined,
): TE.TaskEither<RunError, LatencySource> =>
  pipe(
    openEngine(name),
    TE.mapLeft((error): RunError => error),
    TE.flatMap(engine =>
      pipe(
        findLatencyTable(device, engine),
        TE.map((table): LatencySource => table ?? engine),
      ),
    ),
  )

const pruneWithoutImages = (
  { model, preprocessing }: FoundModel,
  options: PruneArguments,
  by: WeightCriterion,
): TE.TaskEither<RunError, Done> => {
  const target: Target = { keep: options.keep } as Target // of one amount
  return pipe(
    model,
    isLatencyTarget(target)
      ? pruneToLatencyByWeights(options, target, by)
      : TE.fromEitherK(cutByWeights(target, by)),
    TE.map((pruned): Done => ({ model: pruned.model, preprocessing, accuracies: null })),
    TE.tapIO(
      () => () => say(`by ${by}, from the weights alone, and not repaired: --data names images for both`),
    ),
  )
}

const prune = (path: string, found: FoundModel, options: PruneArguments): TE.TaskEither<RunError, Done> => {
  const { by = 'l1', data, experiment } = options
  return data === undefined && experiment === undefined
    ? pruneWithoutImages(found, options, by as WeightCriterion) // others were refused with the arguments
    : pruneWithImages(path, found, options)
}

const print = ({ model: before }: FoundModel, { model, accuracies }: Done, out: string): void =>
  void process.stdout.write(`${prunedTable(before, model, accuracies)}\n\nwrote ${out}\n`)

export const pruneModel = (path: string, options: PruneArguments): Promise<void> => {
  const { out = defaultOut(path), force = false } = options
  return end(
    pipe(
      TE.fromEither(checkFree(out, force)),
      TE.flatMap(() => readRun(path)),
      TE.tapIO(({ notes }) => () => {
        for (const note of notes) say(renderMessage(note))
      }),
      TE.bindTo('found'),
      TE.bind('done', ({ found }) => prune(path, found, options)),
      TE.tap(() => makeFolder(dirname(resolve(out)))),
      TE.tap(({ done }) => saveModel(out, done.preprocessing ?? undefined)(done.model)),
    ),
    ({ found, done }) => print(found, done, out),
  )
}
