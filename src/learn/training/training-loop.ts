/**
 * One phase of learning: a program run on batch after batch, epoch by epoch, on an engine. Training and pushing differ
 * in their programs alone.
 */
import { setImmediate } from 'node:timers/promises'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { type Batch, type Feed, prefetch } from '../../data/pipeline/batches.js'
import { closeSession, type Engine, type Feeds, type Session } from '../../engine/engine.js'
import { engineFailed, type LearnError } from '../error.js'
import { addScores, logitsOf, lossOf, score, scoreOf } from '../evaluation/score.js'
import { endless, isStale, keepBest, keptSlots, type Pause, restoreWeights } from './best.js'
import { feedsOf } from './feeds.js'
import { allFinite, type Learner, learnerOf, matchingVariables } from './learner.js'
import { atStart, type Epoch, epochStart, type Phase, type PhaseObserver, type Position } from './phase.js'
import { reviewEpoch } from './review-epoch.js'

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

const overflow = (what: string, got: string, { epoch, step }: Position): E.Either<LearnError, never> =>
  E.left({ _tag: 'Overflow', what, got, epoch, step })

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
  const call = (nth + 1) % (phase.accumulate ?? 1) === 0 ? 'train' : 'accumulate'
  const logits = logitsOf(await session.runAsync(call, feeds(batch, nth)))
  const score = addScores(position.score, scoreOf(logits, batch))
  const after = { ...position, step: position.step + 1, score }
  const loss = lossOf(score)
  return Number.isFinite(loss) ? E.right(after) : overflow('loss', `${loss}`, after)
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
 * Errors  Overflow with a weight or the validation loss; those of `review` and `onPause`
 */
const pausePhase = async <Err>(
  running: RunningPhase<Err>,
  { position, kept: before }: Pause,
): Promise<E.Either<LearnError | Err, Pause>> => {
  const learner = currentLearner(running)
  if (!allFinite(learner)) return overflow('weights', 'NaN or Infinity among them', position)
  const isEpochEnd = position.step === running.training.batches
  const done = isEpochEnd ? await evaluateEpoch(running, position) : null
  if (done !== null && !Number.isFinite(lossOf(done.validation)))
    return overflow('validation loss', `${lossOf(done.validation)}`, position)
  const reviewed = await reviewEpoch(running.phase, running.session, learner, done)
  if (E.isLeft(reviewed)) return reviewed
  const { slots, ends } = reviewed.right
  const { keeping = endless } = running.phase
  const { kept, ...best } = keepBest(keeping, { position, kept: before }, done, learner)
  const ended = ends ? ({ ended: true } as const) : {}
  const next = isEpochEnd ? { ...epochStart(position.epoch + 1), ...best, ...ended } : position
  const toSave = { model: learner.model, slots: { ...learner.slots, ...slots, ...kept } }
  const saved = await running.observer.onPause(toSave, next, done)()
  return E.isLeft(saved) ? saved : E.right({ position: next, kept })
}

/** Whether all epochs are done, a review has ended them, or none of the last was a gain. */
const hasEnded = ({ epochs, keeping = endless }: Phase, { epoch, best, ended }: Position): boolean =>
  epoch >= epochs || ended === true || isStale(keeping, epoch, best ?? null)

/** What the phase leaves, once its observer knows the best epoch. */
const endPhase = async <Err>(
  running: RunningPhase<Err>,
  { position: { epoch, best }, kept }: Pause,
): Promise<E.Either<LearnError | Err, Learner>> => {
  const last = currentLearner(running)
  const ended = (await running.observer.onEnd?.(epoch, best ?? null)()) ?? E.right(undefined)
  return E.isLeft(ended) ? ended : E.right(restoreWeights(kept, best?.epoch === epoch - 1)(last))
}

const runSteps = async <Err>(
  running: RunningPhase<Err>,
  from: Position,
): Promise<E.Either<LearnError | Err, Learner>> => {
  const { observer, phase, training, initial } = running
  let at: Pause = { position: from, kept: keptSlots(initial.slots) }
  while (!hasEnded(phase, at.position)) {
    const stepped = await trainStep(running, at.position)
    if (E.isLeft(stepped)) return stepped
    const position = stepped.right
    observer.onStep({ ...position, epochs: phase.epochs, steps: training.batches })
    await setImmediate()
    const stopping = observer.stopping()
    at = { ...at, position }
    if (position.step < training.batches && !stopping) continue
    const paused = await pausePhase(running, at)
    if (E.isLeft(paused)) return paused
    at = paused.right
    if (stopping && !hasEnded(phase, at.position)) return E.left({ _tag: 'Interrupted' })
  }
  return endPhase(running, at)
}

/** The part of each batch that a worker reads, where workers share them. */
const shareOf = ({ share }: Engine, feed: Feed): Feed =>
  share === undefined ? feed : (feed.share?.(share) ?? feed)

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
            const training = prefetch(1)(shareOf(engine, phase.training))
            const running = { phase, observer, session, initial: learner, training, feeds: feedsOf(phase) }
            return runSteps(running, from)
          }, engineFailed(engine)),
          TE.flatMapEither(outcome => outcome),
        ),
      closeSession,
    )
