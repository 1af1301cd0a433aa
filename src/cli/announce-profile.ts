/** The profile of the first training step of an experiment, printed before it trains. */
import { pipe } from 'fp-ts/lib/function.js'
import * as O from 'fp-ts/lib/Option.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { profilePhase } from '../learn/profile/profile.js'
import { profileText } from '../report/tables/profile.js'
import type { Resources } from '../run/context.js'
import { beginningOf } from '../run/engines/choose-engine.js'
import type { RunError } from '../run/error.js'
import type { Experiment } from '../run/schedule/experiment.js'
import { say } from './stderr.js'

/** Nothing where the experiment learns nothing. */
export const announceProfile = (
  experiment: Experiment,
  { engine, dataset }: Resources,
  seed: number,
): TE.TaskEither<RunError, void> =>
  pipe(
    beginningOf(experiment, dataset, seed, Number.POSITIVE_INFINITY),
    O.match(
      (): TE.TaskEither<RunError, void> => TE.right(undefined),
      ({ phase, learner }) =>
        pipe(
          profilePhase(engine, phase, learner),
          TE.map(profile => say(profileText('a training step', profile))),
        ),
    ),
  )
