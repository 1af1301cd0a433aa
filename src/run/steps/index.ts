/** How each kind of step is run. */
import type * as TE from 'fp-ts/lib/TaskEither.js'
import type { RunError } from '../error.js'
import type { Step } from '../schedule/schedule.js'
import type { StepContext, StepStart, StepState } from '../step-context.js'
import { runGrow } from './grow.js'
import { runPrune } from './prune.js'
import { runRounds } from './rounds.js'
import { runPush, runTrain } from './train.js'

export const runStep = (
  env: StepContext,
  step: Step,
): ((from: StepStart) => TE.TaskEither<RunError, StepState>) => {
  switch (step._tag) {
    case 'train':
      return runTrain(env, step)
    case 'push':
      return runPush(env, step)
    case 'prune':
      return runPrune(env, step)
    case 'grow':
      return runGrow(env, step, runStep)
    case 'rounds':
      return runRounds(env, step, runStep)
  }
}
