/**
 * One phase of learning: a program run on batch after batch, epoch by epoch, on an engine. Training and pushing differ
 * in their programs alone.
 */
import { setImmediate } from 'node:timers/promises'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { type Batch, type Feed, prefetch } from '../../data/pipeline/batches.js'
import type { Engine, Feeds, Session } from '../../engine/engine.js'
import { type Graph, inputsOf, variablesOf } from '../../graph/graph.js'
import { stream } from '../../net/random.js'
import { isSameShape, sizeOf } from '../../net/shape.js'
import type { Model, Weights } from '../../net/weights.js'
import { engineFailed, type LearnError } from '../error.js'
import type { Alignment } from '../evaluation/alignment.js'
import { addScores, lossOf, noScore, type Score, scoreOf } from '../evaluation/score.js'

/** A model, and the slots of its optimizer by variable name. */
export interface Learner {
  readonly model: Model
  readonly slots: Weights
}

/** Where a phase is: epochs done, steps done in the current epoch, and their score. */
export interface Position {
  readonly epoch: number
  readonly step: number
  readonly score: Score
}

/** Before the first step. */
export const atStart: Position = { epoch: 0, step: 0, score: noScore }

/** The calls of a phase: `train` maps images and targets to logits, `infer` images to logits. */
export type Calls = { readonly [call in 'train' | 'infer']: Graph }

/** A program, its data, and for how many epochs it runs. */
export interface Phase {
  readonly calls: Calls
  readonly epochs: number
  readonly seed: number
  readonly training: Feed
  readonly validation: Feed
  /** Inputs of a step beside its batch and its noise; steps count from the phase's first. */
  readonly feeds: (step: number, steps: number) => Feeds
  /** Called before each step: may write the phase's own variables. */
  readonly before?: (session: Session, step: number, steps: number) => E.Either<LearnError, void>
  /** Called after each epoch: figures of the features. */
  readonly inspect?: (session: Session, validation: Feed) => Promise<Alignment>
  /** Variables that do not change, such as a teacher's weights. */
  readonly fixed?: Weights
}

/** A step that has been run. */
export interface StepProgress extends Position {
  readonly epochs: number
  /** Steps of an epoch. */
  readonly steps: number
}

/** A finished epoch with its training and validation scores. */
export interface Epoch {
  readonly epoch: number
  readonly training: Score
  readonly validation: Score
  readonly alignment?: Alignment
}

/** Callbacks that follow a phase, save it, and may stop it. */
export interface PhaseObserver<Err> {
  /** After each step. */
  readonly onStep: (stepped: StepProgress) => void
  /** After each epoch, and where a phase is interrupted: the moment to save. */
  readonly onPause: (learner: Learner, position: Position, done: Epoch | null) => TE.TaskEither<Err, void>
  /** Asked between steps: whether to stop here. */
  readonly stopping: () => boolean
}

/** Uniform numbers for every dropout layer, a function of the seed and the step alone. */
const noiseFor = (graph: Graph, seed: number): ((step: number) => Feeds) => {
  const inputs = Object.entries(inputsOf(graph)).filter(([name]) => name.startsWith('noise/'))
  return step =>
    Object.fromEntries(
      inputs.map(([name, shape]) => [
        name,
        Float32Array.from({ length: sizeOf(shape) }, stream(seed, `${name}/${step}`)),
      ]),
    )
}

/** The inputs of the `nth` step of a phase, with its batch. */
export const feedsOf = (phase: Phase): ((batch: Batch, nth: number) => Feeds) => {
  const noise = noiseFor(phase.calls.train, phase.seed)
  const steps = phase.training.batches * phase.epochs
  return ({ images, targets }, nth) => ({ images, targets, ...noise(nth), ...phase.feeds(nth, steps) })
}

/** The values for which the calls have a variable of the same shape: slots of another optimizer are dropped. */
const matchingVariables = (calls: Calls, values: Weights): Weights => {
  const variables = variablesOf(calls)
  return Object.fromEntries(
    Object.entries(values).filter(([name, { shape }]) => isSameShape(variables[name] ?? [-1], shape)),
  )
}

/** The session's variables, split into the model's weights and all others, the slots. */
const learnerOf = (session: Session, { model }: Learner, fixed: Weights): Learner => {
  const all = Object.entries(session.read()).filter(([name]) => !(name in fixed))
  const stored = ([name]: readonly [string, unknown]) => name in model.weights
  return {
    model: { ...model, weights: { ...model.weights, ...Object.fromEntries(all.filter(stored)) } },
    slots: Object.fromEntries(all.filter(entry => !stored(entry))),
  }
}

const allFinite = ({ model, slots }: Learner): boolean =>
  [model.weights, slots].every(all => Object.values(all).every(({ data }) => data.every(Number.isFinite)))

/** Scores `infer` over a feed. */
export const score =
  (session: Session<Pick<Calls, 'infer'>>) =>
  async (feed: Feed): Promise<Score> => {
    let sum = noScore
    for (let step = 0; step < feed.batches; step++) {
      const batch = await feed.batch(0, step)
      sum = addScores(sum, scoreOf(logitsOf(session.run('infer', { images: batch.images })), batch))
      await setImmediate()
    }
    return sum
  }

const logitsOf = (fetched: Readonly<Record<string, Float32Array>>): Float32Array =>
  fetched.logits ?? new Float32Array()

/** A phase on its way: what its steps share. */
interface RunningPhase<Err> {
  readonly phase: Phase
  readonly observer: PhaseObserver<Err>
  readonly session: Session
  /** What the phase began with. */
  readonly initial: Learner
  /** The training batches, read ahead. */
  readonly training: Feed
  readonly feeds: (batch: Batch, nth: number) => Feeds
}

const overflow = (what: string, { epoch, step }: Position): E.Either<LearnError, never> =>
  E.left({ _tag: 'Overflow', what, epoch, step })

/** The model and slots as they are now. */
const currentLearner = <Err>({ phase, session, initial }: RunningPhase<Err>): Learner =>
  learnerOf(session, initial, phase.fixed ?? {})

/** Errors  Overflow with the loss; those of `before` */
const trainStep = async <Err>(
  { phase, session, training, feeds }: RunningPhase<Err>,
  position: Position,
): Promise<E.Either<LearnError, Position>> => {
  const batch = await training.batch(position.epoch, position.step)
  const nth = position.epoch * training.batches + position.step
  const ready = phase.before?.(session, nth, training.batches * phase.epochs) ?? E.right(undefined)
  if (E.isLeft(ready)) return ready
  const score = addScores(position.score, scoreOf(logitsOf(session.run('train', feeds(batch, nth))), batch))
  const after = { ...position, step: position.step + 1, score }
  return Number.isFinite(lossOf(score)) ? E.right(after) : overflow('loss', after)
}

const evaluateEpoch = async <Err>(
  { phase, session }: RunningPhase<Err>,
  { epoch, score: training }: Position,
): Promise<Epoch> => ({
  epoch,
  training,
  validation: await score(session)(phase.validation),
  ...(phase.inspect !== undefined && { alignment: await phase.inspect(session, phase.validation) }),
})

/**
 * Hands the model to the observer, with the epoch's scores where it has ended; gives the position to continue at.
 *
 * Errors  Overflow with a weight or the validation loss; those of `onPause`
 */
const pausePhase = async <Err>(
  running: RunningPhase<Err>,
  position: Position,
): Promise<E.Either<LearnError | Err, Position>> => {
  const learner = currentLearner(running)
  if (!allFinite(learner)) return overflow('weights', position)
  const isEpochEnd = position.step === running.training.batches
  const done = isEpochEnd ? await evaluateEpoch(running, position) : null
  if (done !== null && !Number.isFinite(lossOf(done.validation))) return overflow('validation loss', position)
  const next = isEpochEnd ? { epoch: position.epoch + 1, step: 0, score: noScore } : position
  const saved = await running.observer.onPause(learner, next, done)()
  return E.isLeft(saved) ? saved : E.right(next)
}

const runSteps = async <Err>(
  running: RunningPhase<Err>,
  from: Position,
): Promise<E.Either<LearnError | Err, Learner>> => {
  const { observer, phase, training } = running
  let position = from
  while (position.epoch < phase.epochs) {
    const stepped = await trainStep(running, position)
    if (E.isLeft(stepped)) return stepped
    position = stepped.right
    observer.onStep({ ...position, epochs: phase.epochs, steps: training.batches })
    await setImmediate()
    const stopping = observer.stopping()
    if (position.step < training.batches && !stopping) continue
    const paused = await pausePhase(running, position)
    if (E.isLeft(paused)) return paused
    position = paused.right
    if (stopping && position.epoch < phase.epochs) return E.left({ _tag: 'Interrupted' })
  }
  return E.right(currentLearner(running))
}

/** Writes the variables that a phase begins with. */
export const prepare = (session: Session, { calls, fixed }: Phase, { model, slots }: Learner): void =>
  session.write(matchingVariables(calls, { ...slots, ...model.weights, ...fixed }))

/**
 * Runs a phase from a position on; the result is the trained model with its slots.
 *
 * Errors  Overflow of the loss or a weight; Interrupted where `stopping` says so, after `onPause`;
 *         the engine's and the data's
 * Law     interrupted anywhere and resumed from there gives the same weights, bit for bit
 */
export const runPhase =
  <Err>(engine: Engine, observer: PhaseObserver<Err>) =>
  (phase: Phase) =>
  (learner: Learner, from: Position = atStart): TE.TaskEither<LearnError | Err, Learner> =>
    TE.bracket(
      engine.open(phase.calls),
      session =>
        pipe(
          TE.tryCatch(async () => {
            prepare(session, phase, learner)
            const training = prefetch(1)(phase.training)
            const running = { phase, observer, session, initial: learner, training, feeds: feedsOf(phase) }
            return runSteps(running, from)
          }, engineFailed(engine)),
          TE.flatMapEither(outcome => outcome),
        ),
      session => TE.fromIO(() => session.close()),
    )
