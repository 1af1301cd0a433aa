/** Which engine suits an experiment: the one on which its first training step is fastest. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as O from 'fp-ts/lib/Option.js'
import type { ReadonlyNonEmptyArray } from 'fp-ts/lib/ReadonlyNonEmptyArray.js'
import type * as T from 'fp-ts/lib/Task.js'
import type { Dataset } from '../../data/dataset.js'
import type { Engine } from '../../engine/engine.js'
import { measureStepTime } from '../../learn/evaluation/step-time.js'
import type { Learner } from '../../learn/training/learner.js'
import type { Phase } from '../../learn/training/phase.js'
import { phaseFor, pushProgram, trainProgram } from '../../learn/training/transforms.js'
import { countMacs } from '../../net/counts.js'
import { init } from '../../net/weights.js'
import { checkSchedule } from '../schedule/check.js'
import type { Experiment } from '../schedule/experiment.js'
import type { Push, Step, Train } from '../schedule/steps.js'

/** An engine, and the milliseconds a training step takes on it. */
export interface EngineTime {
  readonly engine: Engine
  readonly milliseconds: number
}

/** The engine that was chosen, and what was timed, the fastest first; nothing where there was no choice. */
export interface Choice {
  readonly engine: Engine
  readonly paces: readonly EngineTime[]
}

/** Multiply–accumulates of a forward pass of one step above which the first engine is taken untimed. */
const large = 1e10

/** The first step that learns, alone or inside another. */
export const firstLearning = (steps: readonly Step[]): Train | Push | null => {
  const [first, ...rest] = steps
  if (first === undefined) return null
  if (first._tag === 'train' || first._tag === 'push') return first
  return ('steps' in first ? firstLearning(first.steps) : null) ?? firstLearning(rest)
}

/** What is timed: the first phase of a schedule, on the net it begins with. */
export interface Beginning {
  readonly phase: Phase
  readonly learner: Learner
}

/** `none` where nothing is learnt, it cannot be, or its steps take more than `most` multiply–accumulates. */
export const beginningOf = (
  experiment: Experiment,
  dataset: Dataset,
  seed: number,
  most: number,
): O.Option<Beginning> => {
  const { net, schedule } = experiment
  const step = firstLearning(schedule)
  if (step === null) return O.none
  return pipe(
    checkSchedule(dataset.validation.size)(experiment),
    E.flatMap(() => init(seed)(net)),
    E.filterOrElseW(
      model => countMacs(model) * step.batchSize <= most,
      () => null,
    ),
    E.bindTo('model'),
    E.bindW('phase', ({ model }) =>
      phaseFor(
        { dataset, seed },
        step,
      )(step._tag === 'train' ? trainProgram(step, null, model) : pushProgram(step, null, null, model)),
    ),
    E.map(({ model, phase }) => ({ phase, learner: { model, slots: {} } })),
    O.fromEither,
  )
}

/** An engine that cannot take the step is not among those timed. */
const timed = async (
  engines: readonly Engine[],
  { phase, learner }: Beginning,
): Promise<readonly EngineTime[]> => {
  const paces: EngineTime[] = []
  for (const engine of engines) {
    const best = Math.min(...paces.map(({ milliseconds }) => milliseconds))
    const pace = await measureStepTime(engine, best)(phase, learner)()
    if (E.isRight(pace)) paces.push({ engine, milliseconds: pace.right })
  }
  return paces.toSorted((a, b) => a.milliseconds - b.milliseconds)
}

/**
 * Times a few steps of an experiment's first training on each engine, with the net it begins with: what grows or
 * shrinks later stays on the engine chosen.
 *
 * Law  an experiment runs on the engine chosen as on the same engine named, bit for bit
 */
export const chooseEngine =
  (engines: ReadonlyNonEmptyArray<Engine>) =>
  (experiment: Experiment, dataset: Dataset, seed: number): T.Task<Choice> =>
  async () => {
    const [usual, ...others] = engines
    const beginning = others.length === 0 ? O.none : beginningOf(experiment, dataset, seed, large)
    const paces = O.isNone(beginning) ? [] : await timed(engines, beginning.value)
    return { engine: paces[0]?.engine ?? usual, paces }
  }
