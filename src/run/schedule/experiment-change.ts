/**
 * Whether an experiment is the one a run began with, and what may change under way: steps to come may, what is done may
 * not.
 */
import * as E from 'fp-ts/lib/Either.js'
import diff from 'microdiff'
import type { Difference, RunError } from '../error.js'
import { changedModel } from '../standalone/origin.js'
import type { Checkpoint } from '../storage/checkpoint.js'
import type { StoredRun } from '../storage/stored-run.js'
import { experimentCodec } from './codec.js'
import type { Experiment } from './experiment.js'
import type { Step, Warmup } from './steps.js'

const text = (value: unknown): string => {
  const json = JSON.stringify(value)
  return json.length > 60 ? `${json.slice(0, 59)}…` : json
}

const encode = ({ from: _, ...experiment }: Experiment): object => Object(experimentCodec.encode(experiment))

/** Everywhere two experiments differ but in the model they begin with, which its checksum tells. */
const differences = (began: Experiment, now: Experiment): readonly Difference[] =>
  diff(encode(began), encode(now)).map(each => ({
    at: each.path.join('.'),
    began: each.type === 'CREATE' ? 'nothing' : text(each.oldValue),
    now: each.type === 'REMOVE' ? 'nothing' : text(each.value),
  }))

/**
 * The run, if this is the experiment it began with.
 *
 * Errors  ModelDiffers where the model it began with has changed, OriginDiffers where it is another; ExperimentDiffers
 *         with every difference
 */
export const checkSameExperiment =
  (experiment: Experiment) =>
  (run: StoredRun): E.Either<RunError, StoredRun> => {
    const changed = changedModel(run.folder.path, run.experiment.from, experiment.from)
    if (changed !== null) return E.left(changed)
    const found = differences(run.experiment, experiment)
    return found.length === 0
      ? E.right(run)
      : E.left({ _tag: 'ExperimentDiffers', folder: run.folder.path, differences: found })
  }

/** The kinds of steps a step is made of: a place in one is a place in any of the same kinds. */
const kindsOf = (step: Step | Warmup | undefined): string =>
  step !== undefined && 'steps' in step
    ? `${step._tag}(${step.steps.map(kindsOf).join()})`
    : `${step?._tag ?? ''}`

/**
 * Whether a run that has come so far can go on as another experiment.
 *
 * Errors  ModelDiffers; OriginDiffers; DoneDiffers with all that differs in the net, in a step that is done, or in what
 *         the one under way is made of
 */
export const checkChange =
  (folder: string, began: Experiment, now: Experiment) =>
  ({ stages, cursor }: Checkpoint): E.Either<RunError, void> => {
    const done = stages.length
    const under = cursor !== null && kindsOf(began.schedule[done]) !== kindsOf(now.schedule[done])
    const isDone = (at: string): boolean => {
      const [first, nth] = at.split('.')
      return first === 'net' || (first === 'schedule' && Number(nth) < done + (under ? 1 : 0))
    }
    const changed = changedModel(folder, began.from, now.from)
    if (changed !== null) return E.left(changed)
    const found = differences(began, now).filter(({ at }) => isDone(at))
    return found.length === 0
      ? E.right(undefined)
      : E.left({ _tag: 'DoneDiffers', folder, differences: found })
  }
