/** Push and train as transforms of a model: what goes in stays as it is, what comes out is new. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Dataset } from '../../data/dataset.js'
import { evaluationFeed, trainingFeed } from '../../data/pipeline/batches.js'
import type { Engine } from '../../engine/engine.js'
import { decode } from '../../io/codec.js'
import type { Model, Weights } from '../../net/weights.js'
import { optionsOf } from '../../net/words/options.js'
import { pushCodec, trainCodec } from '../codec.js'
import type { LearnError } from '../error.js'
import { evaluationBatch } from '../evaluation/evaluate.js'
import { type Cut, type PushOptions, pushDefaults, type TrainOptions, trainDefaults } from '../options.js'
import { markFading } from './fade.js'
import { type Calls, type Epoch, type Learner, type Phase, type PhaseObserver, runPhase } from './phase.js'
import { pushCalls, pushFeeds, pushInspect } from './push.js'
import { rateFeeds, type Teacher, teacherWeights, trainCalls } from './train.js'
import { warmupCalls } from './warmup.js'

/** Where a transform learns: an engine, data, a seed. */
export interface LearnContext {
  readonly engine: Engine
  readonly dataset: Dataset
  readonly seed: number
  /** Slots to go on with; by default the optimizer begins anew. */
  readonly slots?: Weights
  readonly teacher?: Teacher | null
  /** Told of each epoch as it ends. */
  readonly onEpoch?: (epoch: Epoch) => void
}

const watching = ({ onEpoch }: LearnContext): PhaseObserver<never> => ({
  onStep: () => undefined,
  stopping: () => false,
  onPause: (_learner, _position, done) => {
    if (done !== null) onEpoch?.(done)
    return TE.right(undefined)
  },
})

/** What differs between ways to learn. */
export type LearnProgram = Pick<Phase, 'feeds' | 'before' | 'inspect'> & {
  readonly calls: E.Either<LearnError, Calls>
}

/** Errors  OneClass where all training images are of one */
export const checkClasses = ({ name, classes, train }: Dataset): E.Either<LearnError, void> => {
  const [first, ...others] = new Set(train.labels)
  return first === undefined || others.length > 0
    ? E.right(undefined)
    : E.left({ _tag: 'OneClass', data: name, name: classes[first] ?? '' })
}

/** Errors  OneClass; TooFewImages where they do not fill a batch; those of the calls */
export const phaseFor =
  (
    { dataset, seed, teacher = null }: Pick<LearnContext, 'dataset' | 'seed' | 'teacher'>,
    options: TrainOptions,
  ) =>
  ({ calls, ...learning }: LearnProgram): E.Either<LearnError, Phase> => {
    const training = trainingFeed(dataset, { batch: options.batchSize, seed, balanced: options.balanced })
    return training.batches < 1
      ? E.left({ _tag: 'TooFewImages', images: dataset.train.size, batch: options.batchSize })
      : pipe(
          checkClasses(dataset),
          E.flatMap(() => calls),
          E.map(built => ({
            ...learning,
            calls: built,
            epochs: options.epochs,
            seed,
            training,
            validation: evaluationFeed(dataset, dataset.validation, { batch: evaluationBatch }),
            fixed: teacherWeights(teacher),
          })),
        )
  }

/** What plain training learns by. */
export const trainProgram = (
  options: TrainOptions,
  teacher: Teacher | null,
  { net }: Model,
): LearnProgram => ({
  calls: trainCalls(options, evaluationBatch, teacher)(net),
  feeds: rateFeeds(options),
})

/** What a warm-up learns by: `slots` tell what is new. */
export const warmupProgram = (options: TrainOptions, { model, slots }: Learner): LearnProgram => ({
  calls: warmupCalls(options, evaluationBatch, slots)(model.net),
  feeds: rateFeeds(options),
})

/** What pushing learns by; `cut` is the one to come, if any. */
export const pushProgram = (
  options: PushOptions,
  cut: Cut | null,
  teacher: Teacher | null,
  model: Model,
): LearnProgram => ({
  calls: pushCalls(options, evaluationBatch, teacher)(model.net),
  ...pipe(
    pushInspect(model.net),
    E.match(
      () => ({}), // the calls refuse such a net by name
      inspect => ({ inspect }),
    ),
  ),
  feeds: pushFeeds(options),
  ...(options.fade !== null && { before: markFading(options.fade, cut, model) }),
})

const learn = (ground: LearnContext, options: TrainOptions, learning: LearnProgram) => (model: Model) =>
  pipe(
    TE.fromEither(phaseFor(ground, options)(learning)),
    TE.flatMap(phase =>
      runPhase(ground.engine, watching(ground))(phase)({ model, slots: ground.slots ?? {} }),
    ),
  )

/**
 * Trains a model.
 *
 * Errors  Misread; those of learning; the model given is untouched
 * Law     the same model, ground and options give the same model, bit for bit
 */
export const train =
  (options: Partial<TrainOptions>) =>
  (ground: LearnContext) =>
  (model: Model): TE.TaskEither<LearnError, Learner> =>
    pipe(
      TE.fromEither(decode(trainCodec)({ ...trainDefaults, ...optionsOf(options) })),
      TE.flatMap(all => learn(ground, all, trainProgram(all, ground.teacher ?? null, model))(model)),
    )

/**
 * Pushes a model: `cut` is the one after it, for the losers to be told.
 *
 * Errors  Misread, NoDecision; those of learning; the model given is untouched
 * Law     the same model, ground and options give the same model, bit for bit
 *
 * @example
 * push({ epochs: 2, cut: { target: { keep: { params: 0.3 } } } })({ engine, dataset, seed: 0 })(model)
 */
export const push =
  (options: Partial<PushOptions> & { readonly cut?: Cut | null }) =>
  (ground: LearnContext) =>
  (model: Model): TE.TaskEither<LearnError, Learner> =>
    pipe(
      TE.fromEither(decode(pushCodec)({ ...pushDefaults, cut: null, ...optionsOf(options) })),
      TE.flatMap(({ cut, ...all }) =>
        learn(ground, all, pushProgram(all, cut, ground.teacher ?? null, model))(model),
      ),
    )
