/** Repair of a pruned net by reconstruction: each layer is fitted to give what it gave before the cut. */
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Batch } from '../../data/pipeline/batches.js'
import type { Session } from '../../engine/engine.js'
import { type Graph, type Program, variablesOf } from '../../graph/graph.js'
import { type Lowered, lower } from '../../graph/lower.js'
import * as op from '../../graph/operations.js'
import { range } from '../../net/channels/wiring.js'
import { type Path, parentPath } from '../../net/path.js'
import { channelsOf } from '../../net/shape.js'
import type { Layer } from '../../net/tree.js'
import { weightKey } from '../../net/weight-specs.js'
import { type Model, prefixKeys, type Tensor, type Weights } from '../../net/weights.js'
import type { Pruned } from '../../surgery/prune/prune.js'
import { type Calibration, foldBatches, withSession } from '../criteria/calibration.js'
import type { LearnError } from '../error.js'
import { fitKernel, type Products } from './fit.js'
import { type Consumer, gramOf } from './gram.js'

/** A layer to fit: where it is now, where it was, and which of its old outputs it still has. */
interface Place {
  readonly path: Path
  readonly layer: Consumer
  readonly from: Path
  readonly columns: Int32Array
}

/** A pruned net, and how it was made. */
type Cut = Pick<Pruned, 'model' | 'remap'>

/** How a reconstruction is done. */
export interface ReconstructOptions {
  /** What is added to the diagonal of XᵀX, as a share of its mean. */
  readonly ridge: number
}

const wholePrefix = 'whole:'

/** The filters of a group read other channels than those of the next: they have no fit in common. */
const isConsumer = (layer: Layer): layer is Consumer =>
  layer._tag === 'dense' || (layer._tag === 'conv' && layer.groups === 1)

/** The layers whose kernels are fitted, in the order of computation: from the first that reads fewer channels on. */
const placesIn = ({ model, remap }: Cut): readonly Place[] => {
  const places = [...model.layers.values()].flatMap(({ path, layer, output }) => {
    const origin = remap.get(weightKey(path, 'kernel'))
    if (!isConsumer(layer) || origin === undefined || origin.from === null) return []
    const columns = origin.axes.at(-1) ?? range(channelsOf(output))
    return [{ path, layer, from: parentPath(origin.from), columns, reads: origin.axes.at(-2) ?? null }]
  })
  const first = places.findIndex(({ reads }) => reads !== null)
  return first < 0 ? [] : places.slice(first)
}

/** By path, the products of each place; both nets see the same images. */
const programOf = (places: readonly Place[], pruned: Lowered, whole: Lowered): Program =>
  Object.fromEntries(
    places.flatMap(({ path, layer, from }): readonly (readonly [Path, Graph])[] => {
      const [now, before] = [pruned.into.get(path), whole.into.get(from)]
      const kernel = whole.weights.get(weightKey(from, 'kernel'))
      return now === undefined || before === undefined || kernel === undefined
        ? []
        : [[path, gramOf(layer, { pruned: now, whole: before, kernel })]]
    }),
  )

/** Both nets in one graph, on the same images. */
const lowerBoth = (batch: number, pruned: Model, whole: Model) => {
  const images = op.input('images', [batch, ...whole.net.input])
  return {
    now: lower({ batch, mode: 'inference', images })(pruned),
    before: lower({ batch, mode: 'inference', images, prefix: wholePrefix })(whole),
  }
}

const addAll = (sums: Products | null, more: Readonly<Record<string, Float32Array>>): Products => {
  const plus = (name: keyof Products) =>
    Float64Array.from(more[name] ?? [], (each, i) => each + (sums?.[name][i] ?? 0))
  return {
    gram: plus('gram'),
    cross: plus('cross'),
    inputs: plus('inputs'),
    outputs: plus('outputs'),
    positions: plus('positions'),
  }
}

/** A session of both nets, and the images. */
interface Fitting {
  readonly session: Session
  readonly program: Program
  readonly batches: readonly Batch[]
}

const measure = (session: Session, path: Path, batches: readonly Batch[]): Products | null =>
  batches.reduce<Products | null>((sums, { images }) => addAll(sums, session.run(path, { images })), null)

/** The slot that takes up a constant: the bias, or the mean the batch norm subtracts. */
const interceptSlot = ({
  bias,
  norm,
}: Consumer): { readonly slot: 'bias' | 'mean'; readonly sign: 1 | -1 } | null => {
  if (bias) return { slot: 'bias', sign: 1 }
  return norm === null ? null : { slot: 'mean', sign: -1 }
}

const asTensor = ({ shape }: Tensor, data: Float64Array): Tensor => ({ shape, data: Float32Array.from(data) })

/** A layer's weights, fitted. */
const fitPlace = (
  { path, layer, columns }: Place,
  weights: Weights,
  products: Products,
  { ridge }: ReconstructOptions,
): Weights => {
  const key = weightKey(path, 'kernel')
  const kernel = weights[key]
  const constant = interceptSlot(layer)
  if (kernel === undefined) return {}
  const fit = fitKernel(products, kernel.data, columns, { ridge, hasIntercept: constant !== null })
  const fitted = { [key]: asTensor(kernel, fit.kernel) }
  const old = constant === null ? undefined : weights[weightKey(path, constant.slot)]
  if (constant === null || old === undefined) return fitted
  const moved = fit.intercept.map((each, i) => (old.data[i] ?? 0) + constant.sign * each)
  return { ...fitted, [weightKey(path, constant.slot)]: asTensor(old, moved) }
}

const allFinite = (weights: Weights): boolean =>
  Object.values(weights).every(({ data }) => data.every(Number.isFinite))

/** The weights that a program has variables for. */
const variablesIn = (program: Program, weights: Weights): Weights => {
  const variables = variablesOf(program)
  return Object.fromEntries(Object.entries(weights).filter(([key]) => key in variables))
}

/** Fits place after place: each reads what those before it give now. */
const fitAll = (
  { session, program, batches }: Fitting,
  places: readonly Place[],
  start: Weights,
  options: ReconstructOptions,
): Weights => {
  let weights = start
  for (const place of places) {
    const products = measure(session, place.path, batches)
    const fitted = products === null ? {} : fitPlace(place, weights, products, options)
    if (!allFinite(fitted)) continue
    session.write(variablesIn(program, fitted))
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
 * Errors  those of `withSession`
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
  (cut: Cut): TE.TaskEither<LearnError, Model> => {
    const places = placesIn(cut)
    if (places.length === 0) return TE.right(cut.model)
    const { now, before } = lowerBoth(calibration.batch, cut.model, whole)
    const program = programOf(places, now, before)
    const { weights } = cut.model
    const variables = variablesIn(program, { ...weights, ...prefixKeys(wholePrefix)(whole.weights) })
    return withSession(calibration, program, { ...cut.model, weights: variables }, async session => {
      const batches = await foldBatches<readonly Batch[]>(calibration, [], batch => all => [...all, batch])
      return { ...cut.model, weights: fitAll({ session, program, batches }, places, weights, options) }
    })
  }
