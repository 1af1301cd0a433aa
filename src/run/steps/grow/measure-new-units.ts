/** The gradient of what has just grown beside that of the rest, once an epoch, as part of the epoch's event. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Calibration } from '../../../learn/criteria/calibration.js'
import { type UnitGradients, withUnitGradients } from '../../../learn/evaluation/new-unit-gradients.js'
import type { CheckedNet } from '../../../net/infer.js'
import type { Model } from '../../../net/weights.js'
import type { NewUnits } from '../../../surgery/grow/new-units.js'
import type { RunError } from '../../error.js'

/** Images of the one batch. */
const images = 100

/** Digits of a gradient in the log. */
const digits = 4

const rounded = (figure: number): number => Number(figure.toPrecision(digits))

/** What an epoch's event says of new units. */
type Measured = { readonly gradient?: UnitGradients }

/** Measures a model of the net that a step trains. */
export type MeasureNewUnits = (model: Model) => TE.TaskEither<RunError, Measured>

const measureNothing: MeasureNewUnits = () => TE.right({})

/**
 * Opens what measures new units for as long as a training takes. Nothing where nothing has grown before it, or what has was
 * pruned since.
 */
export const withNewUnits =
  (newUnits: NewUnits, calibrate: (images: number) => Calibration) =>
  (net: CheckedNet) =>
  <A>(use: (measure: MeasureNewUnits) => TE.TaskEither<RunError, A>): TE.TaskEither<RunError, A> => {
    if (Object.keys(newUnits).length === 0) return use(measureNothing)
    return withUnitGradients(calibrate(images), newUnits)(net)(measure =>
      use(model =>
        pipe(
          measure(model),
          TE.map(found =>
            found === null ? {} : { gradient: { new: rounded(found.new), old: rounded(found.old) } },
          ),
        ),
      ),
    )
  }
