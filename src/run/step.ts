/** How each kind of step is run. */
import type * as TE from 'fp-ts/lib/TaskEither.js'
import { runPrune } from './cutting.js'
import type { RunError } from './error.js'
import { runGrow } from './growing.js'
import { runRounds } from './rounds.js'
import type { Step } from './schedule.js'
import type { From, Held, StepEnv } from './stepenv.js'
import { runPush, runTrain } from './training.js'

export const runStep = (env: StepEnv, step: Step): ((from: From) => TE.TaskEither<RunError, Held>) => {
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
