/**
 * Repair of a pruned net at its end alone: batch norm is measured again, and the last layer is fitted to the logits
 * there were.
 */

import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Graph, Program, Value } from '../../graph/graph.js'
import { lower } from '../../graph/lower.js'
import * as op from '../../graph/operations.js'
import { elementAt } from '../../io/element.js'
import { type Path, parentPath } from '../../net/path.js'
import { weightKey } from '../../net/weight-specs.js'
import { type Model, prefixKeys } from '../../net/weights.js'
import { type Decision, decisionOf } from '../../surgery/analysis/decision.js'
import type { Pruned } from '../../surgery/prune/prune.js'
import { type Calibration, foldBatches, withSession } from '../criteria/calibration.js'
import type { LearnError } from '../error.js'
import { matchingVariables } from '../training/learner.js'
import { globalMean } from '../training/train.js'
import type { InputSums } from './fit.js'
import { fitLayer, type ReconstructOptions } from './fit-layer.js'
import type { Consumer } from './gram.js'
import { isConsumer } from './places.js'
import { recalibrate } from './recalibrate.js'

type Cut = Pick<Pruned, 'model' | 'remap'>

/** A last layer whose every output reads every feature. */
interface Head {
  readonly path: Path
  readonly layer: Consumer
  /** The kernel's key in the whole model. */
  readonly from: string
}

/** `null` for a convolution in groups, whose outputs have no fit in common. */
const headIn = ({ model, remap }: Cut, { head: path }: Decision): Head | null => {
  const layer = model.layers.get(path)?.layer
  const from = remap.get(weightKey(path, 'kernel'))?.from ?? null
  return layer !== undefined && isConsumer(layer) && from !== null ? { path, layer, from } : null
}

const wholePrefix = 'whole:'

const absent = (): never => {
  throw new Error('a head and its kernel are in the graph')
}

/** A kernel of one position as a matrix. Shapes  [features, classes] */
const matrixOf = (kernel: Value): Value => op.reshape(kernel, kernel.shape.slice(-2))

/** One batch's sums; both nets see the same images. Of a map, the mean over space: the product is linear in it. */
const sumsGraph = (batch: number, { model }: Cut, whole: Model, { path, from }: Head): Graph => {
  const images = op.input('images', [batch, ...whole.net.input])
  const now = lower({ batch, mode: 'inference', images })(model)
  const before = lower({ batch, mode: 'inference', images, prefix: wholePrefix })(whole)
  const product = ({ into, weights }: typeof now, key: string): readonly [Value, Value] => {
    const features = globalMean(into.get(parentPath(key)) ?? absent())
    return [features, op.matmul(features, matrixOf(weights.get(key) ?? absent()))]
  }
  const [[features, given], [, wanted]] = [product(now, weightKey(path, 'kernel')), product(before, from)]
  const residuals = op.sub(wanted, given)
  return {
    outputs: {
      gram: op.matmul(features, features, { transposeA: true }),
      cross: op.matmul(features, residuals, { transposeA: true }),
      inputs: op.sum(features, [0]),
      residuals: op.sum(residuals, [0]),
    },
    updates: [],
  }
}

const addBatch = (
  sums: InputSums | null,
  more: Readonly<Record<string, Float32Array>>,
  images: number,
): InputSums => {
  const plus = (name: Exclude<keyof InputSums, '_tag' | 'positions'>) =>
    Float64Array.from(more[name] ?? [], (each, i) => each + (sums === null ? 0 : elementAt(sums[name], i)))
  return {
    _tag: 'byInput',
    gram: plus('gram'),
    cross: plus('cross'),
    inputs: plus('inputs'),
    residuals: plus('residuals'),
    positions: images + (sums?.positions ?? 0),
  }
}

const refit =
  (calibration: Calibration, options: ReconstructOptions, whole: Model) =>
  (cut: Cut, head: Head): TE.TaskEither<LearnError, Model> => {
    const { model } = cut
    const program: Program = { sums: sumsGraph(calibration.batch, cut, whole, head) }
    const all = { ...model.weights, ...prefixKeys(wholePrefix)(whole.weights) }
    const weights = matchingVariables(program, all)
    return withSession(calibration, program, { weights }, async session => {
      const sums = await foldBatches<InputSums | null>(
        calibration,
        null,
        ({ images, size }) =>
          before =>
            addBatch(before, session.run('sums', { images }), size),
      )
      const fitted = sums === null ? {} : fitLayer(head, model.weights, sums, options)
      return { ...model, weights: { ...model.weights, ...fitted } }
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
