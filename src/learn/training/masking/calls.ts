/** The program of a training whose masked channels shrink. */
import * as E from 'fp-ts/lib/Either.js'
import type { CheckedNet } from '../../../net/infer.js'
import { bareUnits } from '../../../surgery/analysis/norms.js'
import { wrongOption } from '../../check-options.js'
import type { LearnError } from '../../error.js'
import { fade, trackUtility } from '../../fade/fade.js'
import type { MaskOptions, TrainOptions } from '../../options.js'
import { callsBy } from '../calls.js'
import type { Calls } from '../phase.js'
import { gradientsAndGates, rateFeeds, type Teacher, trainObjective, weightUpdates } from '../train.js'
import type { LearnProgram } from '../transforms.js'
import { maskFeeds } from './masking.js'

/** Options of training that a cut inside it rules out. Errors  WrongOption */
export const checkMasking = (
  { epochs, restoreBest, patience, accumulate }: TrainOptions,
  { from, until }: MaskOptions,
): E.Either<LearnError, void> => {
  const beside = 'beside prune'
  if (restoreBest)
    return wrongOption(
      'restoreBest',
      'true',
      `false ${beside}: the best epoch may be of the net before the cut`,
    )
  if (patience !== null)
    return wrongOption('patience', patience, `null ${beside}, after whose cut accuracy has to come back`)
  if (accumulate > 1)
    return wrongOption('accumulate', accumulate, `1 ${beside}, which goes by the gradients of each batch`)
  if (epochs < 3)
    return wrongOption('epochs', epochs, `at least 3 ${beside}: before the mask, with it, and after the cut`)
  if (from > epochs - 2)
    return wrongOption(
      'prune.from',
      from,
      `at most ${epochs - 2} of ${epochs} epochs: a mask takes one, and one follows the cut`,
    )
  return until > from && until < epochs
    ? E.right(undefined)
    : wrongOption(
        'prune.until',
        until,
        `an epoch after ${from}, where masks begin, and before the last, ${epochs}`,
      )
}

/** The calls of plain training, in which utilities are tracked and masked channels shrink. */
const maskedCalls =
  (options: TrainOptions, mask: MaskOptions, teacher: Teacher | null, evaluated: number) =>
  (net: CheckedNet): E.Either<LearnError, Calls> =>
    callsBy(options, evaluated, graph => {
      const loss = trainObjective(options, teacher)(graph)
      const gradients = gradientsAndGates(graph, loss, bareUnits(net))
      return {
        loss,
        gradients: gradients.weights,
        updatesBy: weights => weightUpdates(options)(graph, weights),
        project: fade(gradients),
        trackers: trackUtility(mask)(gradients),
      }
    })(net)

/**
 * The program of a training up to its cut.
 *
 * Law  before the first mask, the weights are those of plain training, bit for bit
 */
export const maskedProgram = (
  options: TrainOptions,
  mask: MaskOptions,
  teacher: Teacher | null,
  net: CheckedNet,
): LearnProgram => ({
  calls: evaluated => maskedCalls(options, mask, teacher, evaluated)(net),
  feeds: (step, steps) => ({
    ...rateFeeds(options)(step, steps),
    ...maskFeeds(mask, options.epochs)(step, steps),
  }),
})
