/** How each kind of step is run. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { evaluationFeed, trainingFeed } from '../data/batches.js'
import { evaluationBatch } from '../learn/assess.js'
import { atStart, type Epoch, type Learner, type Phase, type Position, runPhase, type Watch } from '../learn/phase.js'
import { accuracyOf, lossOf, type Score } from '../learn/score.js'
import { rateFeeds, trainCalls } from '../learn/train.js'
import { stream } from '../net/random.js'
import type { Checkpoint, Inside } from './checkpoint.js'
import type { Env } from './env.js'
import type { RunError } from './error.js'
import type { RunEvent, Scored } from './event.js'
import type { Step, Train } from './schedule.js'

/** What a step changes. */
export type Held = Pick<Checkpoint, 'learner' | 'kept'>

/** A run's surroundings at one step of its schedule. */
export interface StepEnv extends Env {
  readonly stage: number
  /** Saves the run as it is inside the step. */
  readonly pause: (
    learner: Learner,
    kept: Checkpoint['kept'],
    inside: Inside,
    event: RunEvent | null,
  ) => TE.TaskEither<RunError, void>
}

const scoredAs = (score: Score): Scored => ({ accuracy: accuracyOf(score), loss: lossOf(score) })

const epochEvent = (stage: number, { epoch, training, validation }: Epoch): RunEvent => ({
  _tag: 'epoch',
  stage,
  epoch,
  training: scoredAs(training),
  validation: scoredAs(validation),
})

/** A seed of its own for each step, so that no two shuffle alike. */
const seedOf = ({ seed, stage }: StepEnv): number => Math.floor(stream(seed, `stage/${stage}`)() * 2 ** 31)

const watchOf = (env: StepEnv, kept: Checkpoint['kept']): Watch<RunError> => ({
  onStep: env.onStep,
  stopping: env.stopping,
  onPause: (learner, position, done) =>
    env.pause(learner, kept, { _tag: 'training', position }, done === null ? null : epochEvent(env.stage, done)),
})

const positionIn = (inside: Inside | null): Position => inside?.position ?? atStart

const phaseOf =
  (env: StepEnv, step: Train) =>
  (calls: Phase['calls']): E.Either<RunError, Phase> => {
    const { dataset } = env
    const seed = seedOf(env)
    const training = trainingFeed(dataset, { batch: step.batch, seed, balanced: step.balanced })
    return training.batches < 1
      ? E.left({ _tag: 'TooFewImages', images: dataset.train.size, batch: step.batch })
      : E.right({
          calls,
          epochs: step.epochs,
          seed,
          training,
          validation: evaluationFeed(dataset, dataset.validation, { batch: evaluationBatch }),
          feeds: rateFeeds(step),
        })
  }

const runTrain =
  (env: StepEnv) =>
  (step: Train) =>
  ({ learner, kept, inside }: Checkpoint): TE.TaskEither<RunError, Held> =>
    pipe(
      trainCalls(step, evaluationBatch)(learner.model.net),
      E.mapLeft((error): RunError => error),
      E.flatMap(phaseOf(env, step)),
      TE.fromEither,
      TE.flatMap(phase => runPhase(env.engine, watchOf(env, kept))(phase)(learner, positionIn(inside))),
      TE.map(learnt => ({ learner: learnt, kept })),
    )

export const runStep = (env: StepEnv) => (step: Step): ((from: Checkpoint) => TE.TaskEither<RunError, Held>) => {
  switch (step._tag) {
    case 'train':
      return runTrain(env)(step)
  }
}
