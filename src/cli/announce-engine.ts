/** The choice between several engines: each is timed, and the choice is printed. */
import { pipe } from 'fp-ts/lib/function.js'
import type { ReadonlyNonEmptyArray } from 'fp-ts/lib/ReadonlyNonEmptyArray.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Dataset } from '../data/dataset.js'
import type { Engine } from '../engine/engine.js'
import { choiceText } from '../report/text/engine-choice.js'
import { chooseEngineOnce } from '../run/engines/remembered-choice.js'
import type { Experiment } from '../run/schedule/experiment.js'
import { say } from './stderr.js'

export const announceEngine =
  (engines: ReadonlyNonEmptyArray<Engine>) =>
  (experiment: Experiment, dataset: Dataset, seed: number): TE.TaskEither<never, Engine> =>
    pipe(
      TE.fromTask(chooseEngineOnce(engines)(experiment, dataset, seed)),
      TE.map(choice => {
        const why = choiceText(choice)
        if (why !== null) say(why)
        return choice.engine
      }),
    )
