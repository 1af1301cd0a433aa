/** Push and train as transforms of a model: the model given stays as it is, the result is new. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Dataset } from '../../data/dataset.js'
import { type Feed, trainingFeed } from '../../data/pipeline/batches.js'
import { mixFeed } from '../../data/pipeline/mix.js'
import type { Engine } from '../../engine/engine.js'
import { decode } from '../../io/codec.js'
import type { CheckedNet } from '../../net/infer.js'
import { checkSeed } from '../../net/random.js'
import type { Model, Weights } from '../../net/weights.js'
import { optionsOf } from '../../net/words/options.js'
import { checkPaths } from '../../surgery/analysis/analysis.js'
import { checkOptions } from '../check-options.js'
import { pushCodec, trainCodec } from '../codec.js'
import type { LearnError } from '../error.js'
import { feedOfAll } from '../evaluation/evaluate.js'
import { markFading, type OnRanking } from '../fade/fade.js'
import { type NewPart, newRateFeeds } from '../growth/new-rate.js'
import {
  type PlannedPrune,
  type PushOptions,
  pushDefaults,
  type TrainOptions,
  trainDefaults,
} from '../options.js'
import { pushCalls, pushFeeds, pushInspect } from '../push/push.js'
import { recalibrateAverage } from '../repair/recalibrate.js'
import { trainCalls } from './calls.js'
import { classWeightsFor, classWeightsInput } from './class-weights.js'
import type { Learner } from './learner.js'
import type { Calls, Epoch, Phase, PhaseObserver } from './phase.js'
import { rateFeeds, type Teacher, teacherWeights } from './train.js'
import { runPhase } from './training-loop.js'
import { warmupCalls } from './warmup.js'

/** The context of a transform: an engine, data, a seed. */
export interface LearnContext {
  readonly engine: Engine
  readonly dataset: Dataset
  readonly seed: number
  /** Optimizer slots to continue with; by default there are none. */
  readonly slots?: Weights
  readonly teacher?: Teacher | null
  /** Called after each epoch. */
  readonly onEpoch?: (epoch: Epoch) => void
}

const observerOf = ({ onEpoch }: LearnContext): PhaseObserver<never> => ({
  onStep: () => undefined,
  stopping: () => false,
  onPause: (_learner, _position, done) => {
    if (done !== null) onEpoch?.(done)
    return TE.right(undefined)
  },
})

/** The parts of a phase in which training, warm-up and push differ. */
export type LearnProgram = Pick<Phase, 'feeds' | 'before' | 'inspect' | 'review'> & {
  /** With so many images a call in evaluation. */
  readonly calls: (evaluated: number) => E.Either<LearnError, Calls>
}

/** Errors  OneClass where all training images are of one */
export const checkClasses = ({ name, classes, train }: Dataset): E.Either<LearnError, void> => {
  const [first, ...others] = new Set(train.labels)
  return first === undefined || others.length > 0
    ? E.right(undefined)
    : E.left({ _tag: 'OneClass', data: name, name: classes[first] ?? '' })
}

/** The feeds of a program, and the weights of classes where there are any. Errors  BadOption */
const weighFeeds = (
  { classWeights }: TrainOptions,
  dataset: Dataset,
  feeds: Phase['feeds'],
): E.Either<LearnError, Phase['feeds']> =>
  classWeights === null
    ? E.right(feeds)
    : pipe(
        classWeightsFor(classWeights)(dataset),
        E.map(weights => (step, steps) => ({ ...feeds(step, steps), [classWeightsInput]: weights })),
      )

/** The training batches, mixed where the options say so. */
const feedFor = ({ batchSize, balanced, mix }: TrainOptions, dataset: Dataset, seed: number): Feed => {
  const feed = trainingFeed(dataset, { batch: batchSize, seed, balanced })
  return mix === null ? feed : mixFeed(mix, { seed, image: dataset.image })(feed)
}

/**
 * Errors  OneClass; DecodeError of the seed; TooFewImages where they do not fill a batch; WrongOption; BadOption of class
 *         weights; those of the calls
 */
export const phaseFor =
  (
    { dataset, seed, teacher = null }: Pick<LearnContext, 'dataset' | 'seed' | 'teacher'>,
    options: TrainOptions,
  ) =>
  ({ calls, ...program }: LearnProgram): E.Either<LearnError, Phase> => {
    const training = feedFor(options, dataset, seed)
    const validation = feedOfAll(dataset, dataset.validation)
    return training.batches < 1
      ? E.left({ _tag: 'TooFewImages', images: dataset.train.size, batch: options.batchSize })
      : pipe(
          checkSeed(seed),
          E.flatMap(() => checkClasses(dataset)),
          E.flatMap(() => checkOptions(options)(dataset)),
          E.flatMap(() => weighFeeds(options, dataset, program.feeds)),
          E.bindTo('feeds'),
          E.bindW('calls', () => calls(validation.batchSize)),
          E.map(built => ({
            ...program,
            ...built,
            epochs: options.epochs,
            accumulate: options.accumulate,
            keeping: { restoreBest: options.restoreBest, patience: options.patience },
            seed,
            training,
            validation,
            fixed: teacherWeights(teacher),
          })),
        )
  }

/** The program of plain training; what is new may have a rate of its own. */
export const trainProgram = (
  options: TrainOptions,
  teacher: Teacher | null,
  model: Model,
  newPart: NewPart | null = null,
): LearnProgram => ({
  calls: evaluated => trainCalls(options, evaluated, teacher, newPart)(model),
  feeds: (step, steps) => ({
    ...rateFeeds(options)(step, steps),
    ...newRateFeeds(newPart, options)(steps),
  }),
})

/** The program of a warm-up; the slots hold the masks of new weights. */
export const warmupProgram = (options: TrainOptions, { model, slots }: Learner): LearnProgram => ({
  calls: evaluated => warmupCalls(options, evaluated, slots)(model),
  feeds: rateFeeds(options),
})

/** The program of a push; `cut` is the prune that follows, if any; `onRanking` hears what it would decide. */
export const pushProgram = (
  options: PushOptions,
  cut: PlannedPrune | null,
  teacher: Teacher | null,
  model: Model,
  onRanking: OnRanking = () => undefined,
): LearnProgram => ({
  calls: evaluated => pushCalls(options, evaluated, teacher)(model),
  ...pipe(
    pushInspect(model),
    E.match(
      () => ({}), // such a net is refused by the calls
      inspect => ({ inspect }),
    ),
  ),
  feeds: pushFeeds(options),
  ...(options.fade !== null && { before: markFading(options.fade, cut, model, onRanking) }),
})

/** Errors  UnknownPath where a layer to freeze is not there */
export const checkFrozen =
  ({ freeze }: Pick<TrainOptions, 'freeze'>): ((net: CheckedNet) => E.Either<LearnError, void>) =>
  net =>
    checkPaths('freeze', net.layers)(freeze)

const learn = (context: LearnContext, options: TrainOptions, program: LearnProgram) => (model: Model) =>
  pipe(
    TE.fromEither(checkFrozen(options)(model)),
    TE.flatMapEither(() => phaseFor(context, options)(program)),
    TE.flatMap(phase =>
      runPhase(context.engine, observerOf(context))(phase)({ model, slots: context.slots ?? {} }),
    ),
    TE.flatMap(recalibrateAverage(context, options)),
  )

/**
 * Trains a model.
 *
 * Errors  DecodeError; those of learning; the model given is untouched
 * Law     the same model, context and options give the same model, bit for bit
 */
export const train =
  (options: Partial<TrainOptions>) =>
  (context: LearnContext) =>
  (model: Model): TE.TaskEither<LearnError, Learner> =>
    pipe(
      TE.fromEither(decode(trainCodec)({ ...trainDefaults, ...optionsOf(options) })),
      TE.flatMap(all => learn(context, all, trainProgram(all, context.teacher ?? null, model))(model)),
    )

/**
 * Pushes a model: the channels that `cut`, the prune after it, would remove are faded.
 *
 * Errors  DecodeError, NoDecision; those of learning; the model given is untouched
 * Law     the same model, context and options give the same model, bit for bit
 *
 * @example
 * push({ epochs: 2, cut: { keep: { params: 0.3 } } })({ engine, dataset, seed: 0 })(model)
 */
export const push =
  (options: Partial<PushOptions> & { readonly cut?: PlannedPrune | null }) =>
  (context: LearnContext) =>
  (model: Model): TE.TaskEither<LearnError, Learner> =>
    pipe(
      TE.fromEither(decode(pushCodec)({ ...pushDefaults, cut: null, ...optionsOf(options) })),
      TE.flatMap(({ cut, ...all }) =>
        learn(context, all, pushProgram(all, cut, context.teacher ?? null, model))(model),
      ),
    )
