/** Repair of a pruned net by reconstruction: each layer is fitted to give what it gave before the cut. */
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Batch } from '../../data/pipeline/batches.js'
import { type Program, variablesOf } from '../../graph/graph.js'
import type { Model, Weights } from '../../net/weights.js'
import type { Pruned } from '../../surgery/prune/prune.js'
import {
  type Calibration,
  calibrationBatches,
  foldBatches,
  withProgram,
  withWeights,
} from '../criteria/calibration.js'
import type { LearnError } from '../error.js'
import { fitLayer, type ReconstructOptions } from './fit-layer.js'
import {
  carryingRunner,
  type GramCalls,
  gramCalls,
  type Measuring,
  measureProducts,
  programOf,
  variablesFor,
} from './measure-products.js'
import { type Place, placesIn } from './places.js'

/** A session of both nets on the images, and its calls. */
interface Fitting extends Measuring {
  readonly calls: GramCalls
  readonly program: Program
}

/** The weights that a program has variables for. */
const variablesIn = (program: Program, weights: Weights): Weights => {
  const variables = variablesOf(program)
  return Object.fromEntries(Object.entries(weights).filter(([key]) => key in variables))
}

/** Fits place after place: each reads what those before it give now. */
const fitAll = (
  { calls, program, ...measuring }: Fitting,
  places: readonly Place[],
  start: Weights,
  options: ReconstructOptions,
): Weights => {
  let weights = start
  for (const place of places) {
    const call = calls[place.path]
    const products = call === undefined ? null : measureProducts(measuring, place.path, call)
    const fitted = products === null ? {} : fitLayer(place, weights, products, options)
    measuring.session.write(variablesIn(program, fitted))
    weights = { ...weights, ...fitted }
  }
  return weights
}

/**
 * The pruned model, whose kernels are fitted layer by layer so that each gives what it gave in the whole model, as
 * nearly as the channels that are left allow: ridge regression on the calibration images, in closed form. The constant
 * that cut channels leave goes into the bias, or into the running mean. Inputs are those of the net repaired so far,
 * outputs those of the whole net, so that errors do not add up. Batch norm must not be measured again afterwards:
 * later layers were fitted to it.
 *
 * Shapes  those of the pruned model
 * Errors  those of `withProgram`
 * Law     where nothing was cut, or what was cut can be expressed by what is left, the outputs are as before
 * Source  He, Zhang, Sun 2017 and Luo, Wu, Lin 2017; the order of layers and the ridge are this project's own
 *
 * @example
 * import { trainingFeed } from 'espalier/data'
 * import { prune } from 'espalier/surgery'
 * const pruned = await run(prune({ keep: { macs: 0.5 }, by: l1 })(model))
 * const feed = trainingFeed(dataset, { batch: 100, seed: 0 })
 * const repaired = await run(reconstruct({ engine, feed, batch: 100, batches: 3 })(model)(pruned))
 */
export const reconstruct =
  (calibration: Calibration, options: ReconstructOptions = { ridge: 1e-3 }) =>
  (whole: Model) =>
  (cut: Pick<Pruned, 'model' | 'remap'>): TE.TaskEither<LearnError, Model> => {
    const places = placesIn(cut, whole.weights)
    if (places.length === 0) return TE.right(cut.model)
    const { weights } = cut.model
    const size = { batch: calibration.batch, batches: calibrationBatches(calibration) }
    const calls = gramCalls(size, places, { pruned: cut.model, whole })
    const program = programOf(calls)
    const variables = variablesIn(program, variablesFor(places, weights, whole.weights))
    return withProgram(calibration, program, session =>
      withWeights(calibration, session, { weights: variables }, async () => {
        const batches = await foldBatches<readonly Batch[]>(calibration, [], batch => all => [...all, batch])
        const run = carryingRunner(session, batches)
        const fitting = { session, run, batches: batches.length, calls, program }
        return { ...cut.model, weights: fitAll(fitting, places, weights, options) }
      }),
    )
  }
