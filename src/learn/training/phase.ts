/**
 * One phase of learning: a program stepped over batches, epoch by epoch, on an engine.
 * What is learnt is its program's business; training and pushing differ there alone.
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

/** A model, and what its optimizer remembers, by variable name. */
export interface Learner {
  readonly model: Model
  readonly slots: Weights
}

/** Where a phase is: epochs done, steps done in the one under way, and what they scored. */
export interface Position {
  readonly epoch: number
  readonly step: number
  readonly score: Score
}

/** Before the first step. */
export const atStart: Position = { epoch: 0, step: 0, score: noScore }

/** The calls every phase has: `train` is fed images and targets and gives logits, `infer` images and gives logits. */
export type Calls = { readonly [call in 'train' | 'infer']: Graph }

/** What is stepped, over what, how often. */
export interface Phase {
  readonly calls: Calls
  readonly epochs: number
  readonly seed: number
  readonly training: Feed
  readonly validation: Feed
  /** What a step is fed beside its batch and its noise; steps count from the phase's first. */
  readonly feeds: (step: number, steps: number) => Feeds
  /** Called before each step: what a phase does to its own variables on the way. */
  readonly before?: (session: Session, step: number, steps: number) => E.Either<LearnError, void>
  /** Called after each epoch: what else there is to tell of it. */
  readonly inspect?: (session: Session, validation: Feed) => Promise<Alignment>
  /** Variables that are given and stay as they are, such as a teacher's weights. */
  readonly fixed?: Weights
}

/** One step taken. */
export interface StepProgress extends Position {
  readonly epochs: number
  /** Of an epoch. */
  readonly steps: number
}

/** One epoch done: what training and validation scored. */
export interface Epoch {
  readonly epoch: number
  readonly training: Score
  readonly validation: Score
  readonly alignment?: Alignment
}

/** Who is told, and who may stop it. */
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

/** What the `nth` step of a phase is fed with its batch. */
export const feedsOf = (phase: Phase): ((batch: Batch, nth: number) => Feeds) => {
  const noise = noiseFor(phase.calls.train, phase.seed)
  const steps = phase.training.batches * phase.epochs
  return ({ images, targets }, nth) => ({ images, targets, ...noise(nth), ...phase.feeds(nth, steps) })
}

/** Those values the calls have a variable for, of its shape: another optimizer's slots are left behind. */
const matchingVariables = (calls: Calls, values: Weights): Weights => {
  const variables = variablesOf(calls)
  return Object.fromEntries(
    Object.entries(values).filter(([name, { shape }]) => isSameShape(variables[name] ?? [-1], shape)),
  )
}

/** The session's variables, told apart: what the model stores, and what else there is. */
const learnerOf = (session: Session, { model }: Learner, fixed: Weights): Learner => {
  const all = Object.entries(session.read()).filter(([name]) => !(name in fixed))
  const stored = ([name]: readonly [string, unknown]) => name in model.weights
  return {
    model: { net: model.net, weights: { ...model.weights, ...Object.fromEntries(all.filter(stored)) } },
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

const walk = async <Err>(
  phase: Phase,
  watch: PhaseObserver<Err>,
  session: Session,
  learner: Learner,
  from: Position,
): Promise<E.Either<LearnError | Err, Learner>> => {
  const { epochs, fixed = {} } = phase
  const training = prefetch(1)(phase.training)
  const steps = training.batches
  const feeds = feedsOf(phase)
  const evaluate = score(session)

  const stepOnce = (batch: Batch, nth: number): Score =>
    scoreOf(logitsOf(session.run('train', feeds(batch, nth))), batch)

  const told = async (epoch: number, trained: Score): Promise<Epoch> => ({
    epoch,
    training: trained,
    validation: await evaluate(phase.validation),
    ...(phase.inspect !== undefined && { alignment: await phase.inspect(session, phase.validation) }),
  })

  let position = from
  while (position.epoch < epochs) {
    const batch = await training.batch(position.epoch, position.step)
    const ready =
      phase.before?.(session, position.epoch * steps + position.step, steps * epochs) ?? E.right(undefined)
    if (E.isLeft(ready)) return ready
    const after = addScores(position.score, stepOnce(batch, position.epoch * steps + position.step))
    position = { ...position, step: position.step + 1, score: after }
    if (!Number.isFinite(lossOf(after)))
      return E.left({ _tag: 'Overflow', what: 'loss', epoch: position.epoch, step: position.step })
    watch.onStep({ ...position, epochs, steps })
    await setImmediate()

    const ended = position.step === steps
    const stopped = watch.stopping()
    if (!ended && !stopped) continue
    const now = learnerOf(session, learner, fixed)
    if (!allFinite(now))
      return E.left({ _tag: 'Overflow', what: 'weights', epoch: position.epoch, step: position.step })
    const done = ended ? await told(position.epoch, after) : null
    if (done !== null && !Number.isFinite(lossOf(done.validation)))
      return E.left({ _tag: 'Overflow', what: 'validation loss', epoch: position.epoch, step: position.step })
    if (ended) position = { epoch: position.epoch + 1, step: 0, score: noScore }
    const paused = await watch.onPause(now, position, done)()
    if (E.isLeft(paused)) return paused
    if (stopped && position.epoch < epochs) return E.left({ _tag: 'Interrupted' })
  }
  return E.right(learnerOf(session, learner, fixed))
}

/** Gives a session what a phase begins from. */
export const prepare = (session: Session, { calls, fixed }: Phase, { model, slots }: Learner): void =>
  session.write(matchingVariables(calls, { ...slots, ...model.weights, ...fixed }))

/**
 * Runs a phase from a position on, and gives back what was learnt.
 *
 * Errors  Overflow with the loss or a weight overflown; Interrupted where `stopping` says so, after `onPause`;
 *         the engine's and the data's
 * Law     interrupted anywhere and run on from there gives the same weights, bit for bit
 */
export const runPhase =
  <Err>(engine: Engine, watch: PhaseObserver<Err>) =>
  (phase: Phase) =>
  (learner: Learner, from: Position = atStart): TE.TaskEither<LearnError | Err, Learner> =>
    TE.bracket(
      engine.open(phase.calls),
      session =>
        pipe(
          TE.tryCatch(async () => {
            prepare(session, phase, learner)
            return walk(phase, watch, session, learner, from)
          }, engineFailed(engine)),
          TE.flatMapEither(outcome => outcome),
        ),
      session => TE.fromIO(() => session.close()),
    )
