/** Repair of a pruned net at its end alone: batch norm is measured again, and the last layer is fitted to the logits there were. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Graph, Program, Value } from '../../graph/graph.js'
import { lower } from '../../graph/lower.js'
import * as op from '../../graph/operations.js'
import { parentPath } from '../../net/path.js'
import type { Conv, Dense, Layer } from '../../net/tree.js'
import { weightKey } from '../../net/weight-specs.js'
import { type Model, prefixKeys, type Tensor, type Weights } from '../../net/weights.js'
import { type Decision, decisionOf } from '../../surgery/analysis/decision.js'
import type { Pruned } from '../../surgery/prune/prune.js'
import { type Calibration, foldBatches, withSession } from '../criteria/calibration.js'
import type { LearnError } from '../error.js'
import { matchingVariables } from '../training/learner.js'
import { globalMean } from '../training/train.js'
import { recalibrate } from './recalibrate.js'
import type { ReconstructOptions } from './reconstruct.js'
import { solveRidge } from './ridge.js'

type Cut = Pick<Pruned, 'model' | 'remap'>

/** A last layer whose every output reads every feature. */
interface Head {
  readonly layer: Conv | Dense
  readonly kernel: string
  /** The kernel's key in the whole model. */
  readonly from: string
}

const isHead = (layer: Layer | undefined): layer is Head['layer'] =>
  layer?._tag === 'dense' || (layer?._tag === 'conv' && layer.groups === 1)

/** `null` for a convolution in groups, whose outputs have no fit in common. */
const headIn = ({ model, remap }: Cut, { head }: Decision): Head | null => {
  const layer = model.layers.get(head)?.layer
  const kernel = weightKey(head, 'kernel')
  const from = remap.get(kernel)?.from ?? null
  return isHead(layer) && from !== null ? { layer, kernel, from } : null
}

/** Sums over images: XᵀX, XᵀR, ΣX, ΣR and how many there were; X are features, R what the kernel leaves of the logits. */
interface Sums {
  readonly gram: Float64Array
  readonly cross: Float64Array
  readonly features: Float64Array
  readonly residuals: Float64Array
  readonly images: number
}

const wholePrefix = 'whole:'

const absent = (): never => {
  throw new Error('a head and its kernel are in the graph')
}

/** A kernel of one position as a matrix. Shapes  [features, classes] */
const matrixOf = (kernel: Value): Value => op.reshape(kernel, kernel.shape.slice(-2))

/** One batch's sums; both nets see the same images. Of a map, the mean over space: the product is linear in it. */
const sumsGraph = (batch: number, { model }: Cut, whole: Model, { kernel, from }: Head): Graph => {
  const images = op.input('images', [batch, ...whole.net.input])
  const now = lower({ batch, mode: 'inference', images })(model)
  const before = lower({ batch, mode: 'inference', images, prefix: wholePrefix })(whole)
  const product = ({ into, weights }: typeof now, key: string): readonly [Value, Value] => {
    const features = globalMean(into.get(parentPath(key)) ?? absent())
    return [features, op.matmul(features, matrixOf(weights.get(key) ?? absent()))]
  }
  const [[features, given], [, wanted]] = [product(now, kernel), product(before, from)]
  const residuals = op.sub(wanted, given)
  return {
    outputs: {
      gram: op.matmul(features, features, { transposeA: true }),
      cross: op.matmul(features, residuals, { transposeA: true }),
      features: op.sum(features, [0]),
      residuals: op.sum(residuals, [0]),
    },
    updates: [],
  }
}

const addBatch = (sums: Sums | null, more: Readonly<Record<string, Float32Array>>, images: number): Sums => {
  const plus = (name: Exclude<keyof Sums, 'images'>) =>
    Float64Array.from(more[name] ?? [], (each, i) => each + (sums?.[name][i] ?? 0))
  return {
    gram: plus('gram'),
    cross: plus('cross'),
    features: plus('features'),
    residuals: plus('residuals'),
    images: images + (sums?.images ?? 0),
  }
}

/** Products less those of the means. */
const center = (products: Float64Array, left: Float64Array, right: Float64Array, count: number) =>
  products.map(
    (each, i) => each - ((left[Math.floor(i / right.length)] ?? 0) * (right[i % right.length] ?? 0)) / count,
  )

/** The slot that takes up a constant, and its sign; `null` where the layer can add none. */
const constantOf = ({ bias, norm }: Head['layer']): readonly ['bias' | 'mean', 1 | -1] | null => {
  if (bias) return ['bias', 1]
  return norm === null ? null : ['mean', -1]
}

const addTo = ({ shape, data }: Tensor, change: Float64Array, sign: number): Tensor => ({
  shape,
  data: data.map((each, i) => each + sign * (change[i] ?? 0)),
})

/** The kernel, and the constant, with which the features give the logits as nearly as they can. */
const fitHead = (
  { layer, kernel }: Head,
  { gram, cross, features, residuals, images }: Sums,
  weights: Weights,
  { ridge }: ReconstructOptions,
): Weights => {
  const constant = constantOf(layer)
  const size = features.length
  const [left, right] =
    constant === null
      ? [gram, cross]
      : [center(gram, features, features, images), center(cross, features, residuals, images)]
  const change = solveRidge(left, right, { size, ridge })
  const fitted = (key: string, by: Float64Array, sign: number): Weights => {
    const old = weights[key]
    return old === undefined ? {} : { [key]: addTo(old, by, sign) }
  }
  if (constant === null) return fitted(kernel, change, 1)
  const width = residuals.length
  const intercept = residuals.map((sum, j) => {
    const explained = features.reduce((total, each, i) => total + each * (change[i * width + j] ?? 0), 0)
    return (sum - explained) / images
  })
  const [slot, sign] = constant
  return { ...fitted(kernel, change, 1), ...fitted(weightKey(parentPath(kernel), slot), intercept, sign) }
}

const allFinite = (weights: Weights): boolean =>
  Object.values(weights).every(({ data }) => data.every(Number.isFinite))

const refit =
  (calibration: Calibration, options: ReconstructOptions, whole: Model) =>
  (cut: Cut, head: Head): TE.TaskEither<LearnError, Model> => {
    const { model } = cut
    const program: Program = { sums: sumsGraph(calibration.batch, cut, whole, head) }
    const all = { ...model.weights, ...prefixKeys(wholePrefix)(whole.weights) }
    const weights = matchingVariables(program, all)
    return withSession(calibration, program, { ...model, weights }, async session => {
      const sums = await foldBatches<Sums | null>(
        calibration,
        null,
        ({ images, size }) =>
          before =>
            addBatch(before, session.run('sums', { images }), size),
      )
      const fitted = sums === null ? {} : fitHead(head, sums, model.weights, options)
      return allFinite(fitted) ? { ...model, weights: { ...model.weights, ...fitted } } : model
    })
  }

/**
 * The pruned model with batch norm measured again and its last layer fitted to the whole model's logits: ridge regression
 * on the calibration images, in closed form, without a label. The cheap control for `reconstruct`; it works without batch
 * norm too. A last convolution in groups stays as it is.
 *
 * Shapes  those of the pruned model
 * Errors  NoDecision where the net does not end in a layer that decides on a vector; OneValue; those of `withSession`
 * Law     where the features that are left can express the logits, the outputs are as before
 */
export const refitHead =
  (calibration: Calibration, options: ReconstructOptions = { ridge: 1e-3 }) =>
  (whole: Model) =>
  (cut: Cut): TE.TaskEither<LearnError, Model> =>
    pipe(
      TE.fromEither(decisionOf(cut.model)),
      TE.bindTo('decision'),
      TE.bindW('model', ({ decision }) => recalibrate(calibration, [decision.head])(cut.model)),
      TE.flatMap(({ decision, model }) => {
        const head = headIn(cut, decision)
        return head === null ? TE.right(model) : refit(calibration, options, whole)({ ...cut, model }, head)
      }),
    )
