/** Steps inside a step, one after another, each saved with its place in the whole. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { RunError } from './error.js'
import type { Inside } from './inside.js'
import type { Step, Warmup } from './schedule.js'
import type { From, Held, StepEnv } from './stepenv.js'
import { besideStep } from './told.js'

/** Runs one step; given, since steps hold steps. */
export type RunStep<S = Step> = (env: StepEnv, step: S) => (from: From) => TE.TaskEither<RunError, Held>

/** The place of a step that holds others. */
export type Holding = Extract<Inside, { readonly step: number }>

/** Runs `steps` from where `place` is in them. */
export const stepsFrom =
  <S extends Step | Warmup>(env: StepEnv, steps: readonly S[], place: Holding, run: RunStep<S>) =>
  (from: Held): TE.TaskEither<RunError, Held> =>
    steps.slice(place.step).reduce<TE.TaskEither<RunError, Held>>((before, step, nth) => {
      const at = place.step + nth
      return pipe(
        before,
        TE.flatMap(held => {
          const inner: StepEnv = {
            ...env,
            ...besideStep(steps, at, env),
            place: `${env.place}/${at}`,
            pause: (learner, kept, inside, event) =>
              env.pause(learner, kept, { ...place, step: at, inside }, event),
          }
          return run(inner, step)({ ...held, inside: nth === 0 ? place.inside : null })
        }),
        TE.tap(held => env.pause(held.learner, held.kept, { ...place, step: at + 1, inside: null }, null)),
      )
    }, TE.right(from))
