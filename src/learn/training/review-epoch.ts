/** What comes of looking at a learner after an epoch. */
import * as E from 'fp-ts/lib/Either.js'
import type { Session } from '../../engine/engine.js'
import type { LearnError } from '../error.js'
import { type Learner, matchingVariables } from './learner.js'
import type { Epoch, Phase, Review } from './phase.js'

const noReview: Review = { slots: {}, ends: false }

/** Reviews the learner where an epoch has ended, and writes what that gives. Errors  those of `review` */
export const reviewEpoch = async (
  { review, calls }: Pick<Phase, 'review' | 'calls'>,
  session: Session,
  learner: Learner,
  done: Epoch | null,
): Promise<E.Either<LearnError, Review>> => {
  if (done === null || review === undefined) return E.right(noReview)
  const reviewed = await review(learner, done.epoch + 1)()
  if (E.isRight(reviewed)) session.write(matchingVariables(calls, reviewed.right.slots))
  return reviewed
}
