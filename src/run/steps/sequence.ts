/** Steps inside a step, one after another, each saved with its place in the whole. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Cursor } from '../cursor.js'
import type { RunError } from '../error.js'
import { neighboursOfStep } from '../schedule/lookahead.js'
import type { Step, Warmup } from '../schedule/schedule.js'
import type { StepContext, StepStart, StepState } from '../step-context.js'

/** Runs one step; given, since steps hold steps. */
export type RunStep<S = Step> = (
  env: StepContext,
  step: S,
) => (from: StepStart) => TE.TaskEither<RunError, StepState>

/** The place of a step that holds others. */
export type Holding = Extract<Cursor, { readonly step: number }>

/** Runs `steps` from where `insertLayer` is in them. */
export const stepsFrom =
  <S extends Step | Warmup>(env: StepContext, steps: readonly S[], place: Holding, run: RunStep<S>) =>
  (from: StepState): TE.TaskEither<RunError, StepState> =>
    steps.slice(place.step).reduce<TE.TaskEither<RunError, StepState>>((before, step, nth) => {
      const at = place.step + nth
      return pipe(
        before,
        TE.flatMap(held => {
          const inner: StepContext = {
            ...env,
            ...neighboursOfStep(steps, at, env),
            place: `${env.place}/${at}`,
            pause: (learner, kept, inside, event) =>
              env.pause(learner, kept, { ...place, step: at, inside }, event),
          }
          return run(inner, step)({ ...held, inside: nth === 0 ? place.inside : null })
        }),
        TE.tap(held => env.pause(held.learner, held.kept, { ...place, step: at + 1, inside: null }, null)),
      )
    }, TE.right(from))
