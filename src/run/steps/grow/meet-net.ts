/** Each net that growing meets: kept beside the run with its figures. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Score } from '../../../learn/evaluation/score.js'
import type { Model } from '../../../net/weights.js'
import type { RunError } from '../../error.js'
import type { GrownNet } from '../../events.js'
import { countsOf } from '../../schedule/counts.js'
import { type StepContext, toScored } from '../step-context.js'

/** A net as it was met: its number, its name, and how it answers. */
export interface GrowthCandidate {
  readonly nth: number
  readonly name: string
  readonly exact: boolean
  readonly score: Score
}

/** Keeps a net met beside the run. */
export const keepMet = (
  context: StepContext,
  { nth, name, exact, score }: GrowthCandidate,
  model: Model,
): TE.TaskEither<RunError, GrownNet> => {
  const met: GrownNet = {
    name: `${context.place.join('.')}-${nth}-${name}`,
    ...countsOf(model),
    validation: toScored(score),
    exact,
  }
  return pipe(
    context.keep(met, model),
    TE.map(() => met),
  )
}
