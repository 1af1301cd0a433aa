/** One growth: the net, the optimizer's slots and the cursor after it. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Learner } from '../../../learn/training/learner.js'
import type { Grown } from '../../../surgery/grow/grow.js'
import { newUnitsIn } from '../../../surgery/grow/new-units.js'
import type { Growth } from '../../../surgery/grow/options.js'
import { carrySlots, newMasks } from '../../../surgery/remap.js'
import type { RunError } from '../../error.js'
import type { Grow } from '../../schedule/steps.js'
import { turnPlace } from '../sequence.js'
import { type StepContext, stageOf } from '../step-context.js'
import { growModel } from './grow-model.js'
import type { GrowState } from './grow-state.js'
import { grownPath } from './growths.js'

/**
 * A grown model with the optimizer's slots it begins with: as new before a warm-up; masks of what is new where that
 * learns apart.
 */
const grownLearner = ({ warmup, newRate }: Grow, { model, slots }: Learner, grown: Grown): Learner => ({
  model: grown.model,
  slots: {
    ...(warmup === null && carrySlots(grown)(slots)),
    ...((warmup !== null || newRate !== null) && newMasks(grown.remap, model.weights)),
  },
})

/** The net grown once more. */
export const growOnce =
  (context: StepContext, step: Grow, growth: Growth) =>
  ({ state, cursor }: GrowState): TE.TaskEither<RunError, GrowState> =>
    pipe(
      growModel({ ...context, place: turnPlace(context.place, cursor) }, step, growth, state.learner.model),
      TE.tap(({ exactCost }) =>
        exactCost === null
          ? TE.right(undefined)
          : context.emit({ _tag: 'madeExact', stage: stageOf(context.place), ...exactCost }),
      ),
      TE.map(grown => ({
        state: { ...state, learner: grownLearner(step, state.learner, grown) },
        cursor: {
          ...cursor,
          last: grownPath(growth, grown),
          exact: grown.inexact === null,
          newUnits: newUnitsIn(grown.remap),
        },
      })),
    )
