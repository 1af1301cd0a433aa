/** Steps inside a step, one after another, each saved with its place in the whole. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Cursor } from '../cursor.js'
import type { RunError } from '../error.js'
import { neighboursOfStep } from '../schedule/neighbours.js'
import type { Step, Warmup } from '../schedule/steps.js'
import type { StepContext, StepPlace, StepState } from './step-context.js'

/** The cursor of a step that holds others. */
export type HolderCursor = Extract<Cursor, { readonly step: number }>

/** The place of the turn a step that holds others is in: a round, or a growth. */
export const turnPlace = (place: StepPlace, cursor: HolderCursor): StepPlace => [
  ...place,
  cursor._tag === 'growing' ? cursor.grown : cursor.round,
]

/** Runs `steps` from where the cursor is in them. */
export const runSteps =
  (context: StepContext, steps: readonly (Step | Warmup)[], cursor: HolderCursor) =>
  (from: StepState): TE.TaskEither<RunError, StepState> =>
    steps.slice(cursor.step).reduce<TE.TaskEither<RunError, StepState>>((before, step, nth) => {
      const at = cursor.step + nth
      const inner: StepContext = {
        ...context,
        ...neighboursOfStep(steps, at, context),
        place: [...turnPlace(context.place, cursor), at],
        pause: (state, inner, event) => context.pause(state, { ...cursor, step: at, inner }, event),
      }
      return pipe(
        before,
        TE.flatMap(state =>
          context.runStep(inner, step)({ ...state, cursor: nth === 0 ? cursor.inner : null }),
        ),
        TE.tap(state => context.pause(state, { ...cursor, step: at + 1, inner: null }, null)),
      )
    }, TE.right(from))
