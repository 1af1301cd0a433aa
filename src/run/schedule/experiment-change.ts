/** What may change in an experiment that is under way: steps to come may, what is done may not. */
import * as E from 'fp-ts/lib/Either.js'
import type { RunError } from '../error.js'
import { changedModel } from '../standalone/origin.js'
import type { Checkpoint } from '../storage/checkpoint.js'
import { differences } from './differences.js'
import type { Experiment } from './experiment.js'
import type { Step, Warmup } from './steps.js'

/** The kinds of steps a step is made of: a place in one is a place in any of the same kinds. */
const kindsOf = (step: Step | Warmup | undefined): string =>
  step !== undefined && 'steps' in step
    ? `${step._tag}(${step.steps.map(kindsOf).join()})`
    : `${step?._tag ?? ''}`

/**
 * Whether a run that has come so far can go on as another experiment.
 *
 * Errors  ModelDiffers; OriginDiffers; DoneDiffers with all that differs in the net, in a step that is done, or in what the one under way is made of
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
