/** The gradient of what has just grown beside that of the rest, once an epoch, as part of the epoch's event. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { newUnitGradients, type UnitGradients } from '../../../learn/evaluation/new-unit-gradients.js'
import type { Model } from '../../../net/weights.js'
import type { RunError } from '../../error.js'
import { calibrationFor, type StepContext } from '../step-context.js'

/** Images of the one batch. */
const images = 100

/** Digits of a gradient in the log. */
const digits = 4

const rounded = (figure: number): number => Number(figure.toPrecision(digits))

/** Nothing where nothing has grown before this training, or what has was pruned since. */
export const measureNewUnits =
  (context: StepContext) =>
  (model: Model): TE.TaskEither<RunError, { readonly gradient?: UnitGradients }> => {
    const { newUnits = {} } = context
    return Object.keys(newUnits).length === 0
      ? TE.right({})
      : pipe(
          newUnitGradients(calibrationFor(context, images), newUnits)(model),
          TE.map(found =>
            found === null ? {} : { gradient: { new: rounded(found.new), old: rounded(found.old) } },
          ),
        )
  }
