/** The first training of a grown net, where only what is new learns: part of growing, no step of a schedule. */

import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { onlyNewPart } from '../../../learn/growth/new-rate.js'
import { warmupProgram } from '../../../learn/training/transforms.js'
import type { Warmup } from '../../schedule/steps.js'
import type { Runnable } from '../kind.js'
import { runLearning } from '../learn.js'
import type { RunStep } from '../step-context.js'

/**
 * Law  the optimizer is as new after it, which knows what is new where that has a rate of its own; no old value has
 * changed
 */
const run: RunStep<Warmup> = (context, step) => from =>
  pipe(
    runLearning(context, step, null, warmupProgram(step, from.learner))(from),
    TE.map(state => ({
      ...state,
      learner: {
        model: state.learner.model,
        slots: context.newRate === null ? {} : onlyNewPart(state.learner.slots),
      },
    })),
  )

export const warmupKind: Runnable<Warmup> = { run, training: step => step }
