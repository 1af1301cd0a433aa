/** Gradients of units that growth has added beside those of the others: new units pass values on, but may learn nothing. */

import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { sum } from '../../io/count.js'
import { elementAt } from '../../io/element.js'
import type { CheckedNet } from '../../net/infer.js'
import { type Path, parentPath } from '../../net/path.js'
import { channelsOf } from '../../net/shape.js'
import type { Model } from '../../net/weights.js'
import type { NewUnits } from '../../surgery/grow/new-units.js'
import type { Calibration } from '../criteria/calibration.js'
import { type Gradients, withGradients } from '../criteria/taylor.js'
import type { LearnError } from '../error.js'
import { isKeyOf } from '../weight-key.js'

/** The root mean square, over units, of the norm of the loss's gradient by a unit's kernel. */
export interface UnitGradients {
  readonly new: number
  readonly old: number
}

/** Σ of squares of a unit's gradient, by channel. */
const squaresOf = (gradient: Float32Array, width: number): Float64Array => {
  const squares = new Float64Array(width)
  gradient.forEach((value, at) => {
    squares[at % width] = elementAt(squares, at % width) + value ** 2
  })
  return squares
}

/** The units of a layer that are still new: none where its width has changed since it grew. */
const isNewIn = (units: NewUnits, path: Path, width: number): ((channel: number) => boolean) => {
  const { channels = [], width: grown = width } = units[path] ?? {}
  const known = new Set(grown === width ? channels : [])
  return channel => known.has(channel)
}

/** Every unit's Σ of squares, and whether it is new. */
const unitSquares = ({ weights }: Model, units: NewUnits, batch: Gradients) =>
  Object.entries(batch).flatMap(([key, gradient]) => {
    const width = channelsOf(weights[key]?.shape ?? [1])
    const isNew = isNewIn(units, parentPath(key), width)
    return [...squaresOf(gradient, width)].map((square, channel) => ({ square, isNew: isNew(channel) }))
  })

const rootMean = (values: readonly number[]): number => Math.sqrt(sum(values) / values.length)

/** `null` where no unit is new, or none is old. */
const compare = (model: Model, units: NewUnits, batch: Gradients): UnitGradients | null => {
  const all = unitSquares(model, units, batch)
  const squaresWhere = (wanted: boolean) =>
    all.filter(({ isNew }) => isNew === wanted).map(({ square }) => square)
  const [added, old] = [squaresWhere(true), squaresWhere(false)]
  return added.length === 0 || old.length === 0 ? null : { new: rootMean(added), old: rootMean(old) }
}

/** Measures a model of the net that it was opened for. */
export type MeasureUnits = (model: Model) => TE.TaskEither<LearnError, UnitGradients | null>

/**
 * Opens what measures the gradient of new and of old units on the first calibration batch, for as long as `use` takes:
 * a training measures them after each epoch.
 *
 * Shapes  a unit is a channel of a convolution or a dense layer, its kernel [k, k, in] or [in]
 * Errors  TooFewImages; the engine's and the data's
 */
export const withUnitGradients =
  (calibration: Calibration, units: NewUnits) =>
  (net: CheckedNet) =>
  <Err, A>(use: (measure: MeasureUnits) => TE.TaskEither<Err, A>): TE.TaskEither<LearnError | Err, A> =>
    withGradients(key => isKeyOf(key, 'kernel'))({ ...calibration, batches: 1 })(net)(measure =>
      use(model =>
        pipe(
          measure(model),
          TE.map(([batch = {}]) => compare(model, units, batch)),
        ),
      ),
    )
