/** Criteria by name, the measured ones among them: from a learner and what an engine sees to one number a channel. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Cost } from '../surgery/cost.js'
import { type Criterion, l1, l2, normScale, perCost, random } from '../surgery/criteria.js'
import type { Utilities } from '../surgery/rank.js'
import type { LearnError } from './error.js'
import { utilitiesIn } from './losers.js'
import type { CriterionName } from './options.js'
import type { Learner } from './phase.js'
import { separationIn } from './separation.js'
import type { Sight } from './sight.js'
import { taylorIn } from './taylor.js'
import { traceIn } from './trace.js'

type Measured = (learner: Learner, sight: Sight, seed: number) => TE.TaskEither<LearnError, Utilities>

const fromWeights =
  (criterion: Criterion): Measured =>
  ({ model }) =>
    TE.fromEither(criterion(model, undefined))

const measured: { readonly [N in CriterionName]: Measured } = {
  random: (learner, sight, seed) => fromWeights(random(seed))(learner, sight, seed),
  l1: fromWeights(l1),
  l2: fromWeights(l2),
  normScale: fromWeights(normScale),
  taylor: ({ model }, sight) => taylorIn(sight)(model),
  lda: ({ model }, sight) => separationIn(sight)(model),
  deconv: ({ model }, sight) => traceIn(sight, 'deconv')(model),
  discriminant: ({ model }, sight) => traceIn(sight, 'discriminant')(model),
  gradient: ({ model }, sight) => traceIn(sight, 'gradient')(model),
  losers: ({ slots }) => TE.right(utilitiesIn(slots)),
}

const speaking =
  (criterion: CriterionName) =>
  (utilities: Utilities): E.Either<LearnError, Utilities> =>
    Object.keys(utilities).length > 0 ? E.right(utilities) : E.left({ _tag: 'NoEvidence', criterion })

/**
 * A criterion's utilities, divided by a power of what each channel costs; power 0 leaves them as they are.
 *
 * Errors  NoEvidence where the criterion speaks of no layer; those of learning
 */
export const utilitiesBy =
  (name: CriterionName, { cost, power }: { readonly cost: Cost; readonly power: number }) =>
  (learner: Learner, sight: Sight, seed: number): TE.TaskEither<LearnError, Utilities> =>
    pipe(
      measured[name](learner, sight, seed),
      TE.flatMapEither(speaking(name)),
      TE.flatMapEither(
        (utilities): E.Either<LearnError, Utilities> =>
          power === 0
            ? E.right(utilities)
            : perCost(cost, power)(() => E.right(utilities))(learner.model, undefined),
      ),
    )
