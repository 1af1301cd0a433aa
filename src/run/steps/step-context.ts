/** The context of one step of a schedule: the run around it, and where it stands. */
import type * as TE from 'fp-ts/lib/TaskEither.js'
import { type Calibration, calibrationOf } from '../../learn/criteria/calibration.js'
import type { LearnError } from '../../learn/error.js'
import { type EvaluateOptions, evaluate, feedOfAll } from '../../learn/evaluation/evaluate.js'
import { accuracyOf, lossOf, type Score } from '../../learn/evaluation/score.js'
import type { NewRate } from '../../learn/growth/new-rate.js'
import { countParams } from '../../net/counts.js'
import { stream } from '../../net/random.js'
import type { Model } from '../../net/weights.js'
import type { NewUnits } from '../../surgery/grow/new-units.js'
import type { CountedTarget } from '../../surgery/prune/target.js'
import type { RunContext } from '../context.js'
import type { Cursor } from '../cursor.js'
import type { RunError } from '../error.js'
import type { CutScores, KeptEpoch, RunEvent, Scored } from '../events.js'
import type { Neighbours } from '../schedule/neighbours.js'
import type { GrowthBudget } from '../schedule/steps.js'
import type { Checkpoint } from '../storage/checkpoint.js'

/**
 * Where a step is in a schedule, as numbers from 0: of a step inside others, theirs with the turn each is in before it:
 * `[2, 1, 0]` is step 2, round 1, step 0.
 */
export type StepPlace = readonly number[]

/** The step of the schedule that it is, or is in. */
export const stageOf = ([stage = 0]: StepPlace): number => stage

/** As a log, and the names of kept models, have it: `2/1/0`. */
export const placeText = (place: StepPlace): string => place.join('/')

/** Where an event happened. */
export const loggedPlace = ({ place }: Pick<StepContext, 'place'>) => ({
  stage: stageOf(place),
  place: placeText(place),
})

/** What a step changes, and why it stopped early, or a step inside it did. */
export type StepState = Pick<Checkpoint, 'learner' | 'models' | 'stopped'>

/** Whether nothing was cut, or every cut was taken back: rounds keep the net as it was before their first one. */
export const isWhole = ({
  learner: { model },
  models: { original },
}: Pick<StepState, 'learner' | 'models'>): boolean =>
  original === null || countParams(original) === countParams(model)

/** What a step goes on from. */
export type StepStart = StepState & Pick<Checkpoint, 'cursor'>

export interface StepContext extends RunContext, Neighbours {
  readonly place: StepPlace
  /** The target of the rounds around it, if any. */
  readonly target: CountedTarget | null
  /** What has just grown, in the steps after a growth. */
  readonly newUnits?: NewUnits
  /** What growing is held to beside its own budget; `null` for nothing. */
  readonly budget: GrowthBudget | null
  /** The rate of what has grown, in the first training after it; `null` for that of all others. */
  readonly newRate: NewRate | null
  /** Adds a cut to what the run has met. */
  readonly addCut: (cut: CutScores) => void
  /** Adds the validation accuracy of an epoch. */
  readonly addAccuracy: (accuracy: number) => void
  /** Adds multiply–accumulates that learning took. */
  readonly addMacs: (macs: number) => void
  /** Adds the best epoch of a training that looked for it. */
  readonly addBestEpoch: (kept: KeptEpoch) => void
  /** Emits an event, if any, and saves the run as it is inside the step. */
  readonly pause: (state: StepState, cursor: Cursor, event: RunEvent | null) => TE.TaskEither<RunError, void>
}

/** How a step is run from where it begins, or from its cursor. */
export type RunStep<S> = (
  context: StepContext,
  step: S,
) => (from: StepStart) => TE.TaskEither<RunError, StepState>

export const toScored = (score: Score): Scored => ({ accuracy: accuracyOf(score), loss: lossOf(score) })

/** A seed of its own for each step, so that no two shuffle alike. */
export const stepSeed = ({ seed, place }: Pick<StepContext, 'seed' | 'place'>): number =>
  Math.floor(stream(seed, `step/${placeText(place)}`)() * 2 ** 31)

const scoredOn =
  (part: 'validation' | 'test', options: EvaluateOptions = {}) =>
  ({ engine, dataset }: RunContext) =>
  (model: Model): TE.TaskEither<LearnError, Score> =>
    evaluate(engine, options)(feedOfAll(dataset, dataset[part]))(model)

/** A model on the validation images. */
export const scoreValidation = scoredOn('validation')

/** A model on the test images: a run looks once, at its end. */
export const scoreTest = scoredOn('test')

/** The same by the mean of each image and its mirror image. */
export const scoreMirrored = scoredOn('test', { mirror: true })

/**
 * So many training images, or all there are, each class as often as the others; as they are, unless augmentation is
 * asked.
 */
export const calibrationFor = (
  context: Pick<StepContext, 'engine' | 'dataset' | 'seed' | 'place'>,
  images: number,
  options: { readonly augment?: boolean } = {},
): Calibration => calibrationOf({ ...context, seed: stepSeed(context) }, images, options)
