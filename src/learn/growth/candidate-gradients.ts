/** How fast the loss would fall by each of several growths: all are lowered beside one net, and one pass goes back through it. */

import type * as TE from 'fp-ts/lib/TaskEither.js'
import { differentiate } from '../../graph/differentiate.js'
import type { Graph, Value } from '../../graph/graph.js'
import { crossEntropy } from '../../graph/loss.js'
import { lower } from '../../graph/lower.js'
import type { LowerOptions } from '../../graph/lowering.js'
import * as op from '../../graph/operations.js'
import { elementAt } from '../../io/element.js'
import type { CheckedNet } from '../../net/infer.js'
import type { Path } from '../../net/path.js'
import { isSameShape } from '../../net/shape.js'
import { type Model, prefixKeys, type Weights } from '../../net/weights.js'
import type { Grown } from '../../surgery/grow/grow.js'
import { originPath } from '../../surgery/grow/insert-layer.js'
import { zeroMasks } from '../../surgery/grow/zero-weights.js'
import { type Calibration, calibrationBatches, foldBatches, withSession } from '../criteria/calibration.js'
import type { LearnError } from '../error.js'
import { matchingVariables } from '../training/learner.js'

/** A layer's output, and the gradient of the loss by it. */
interface Signal {
  readonly output: Value
  readonly gradient: Value
}

/** A net lowered once, with the signal of each layer. */
interface LoweredBase {
  readonly images: Value
  readonly signals: ReadonlyMap<Path, Signal>
}

/** A layer that gives its very input gives a value of its own here, so that others that read the input are not in its signal. */
const lowerBase = (batch: number, model: Model): LoweredBase => {
  const outputs = new Map<Path, Value>()
  const passOn: LowerOptions['passOn'] = (output, path, input) => {
    const own = output === input ? op.reshape(output, output.shape) : output
    outputs.set(path, own)
    return own
  }
  const { images, logits } = lower({ batch, mode: 'training', dropout: false, passOn })(model)
  const loss = crossEntropy(logits, op.input('targets', logits.shape))
  const gradients = differentiate()(loss, [...outputs.values()])
  const signals = [...outputs].map(([path, output], nth) => {
    const gradient = gradients[nth] ?? output
    return [path, { output, gradient }] as const
  })
  return { images, signals: new Map(signals) }
}

/** By path in the grown net, the signal of each layer that has as many channels as before, and so gives what it gave. */
const unchangedLayers = (
  { layers }: CheckedNet,
  { signals }: LoweredBase,
  { model, grown: [at = ''], moved }: Grown,
): ReadonlyMap<Path, Signal> => {
  const originOf = layers.has(at) ? (path: Path) => path : originPath({ at, moved })
  const unchanged = [...model.layers].flatMap(([path, { output }]) => {
    const origin = originOf(path)
    const signal = origin === null ? undefined : signals.get(origin)
    return signal !== undefined && isSameShape(signal.output.shape.slice(1), output)
      ? [[path, signal] as const]
      : []
  })
  return new Map(unchanged)
}

/** A growth with the weights that begin as zeros in it, under a prefix of its own. */
interface Candidate {
  readonly grown: Grown
  readonly prefix: string
  readonly masks: Weights
}

/**
 * The gradients by a candidate's zero weights. Layers behind the growth go on with the old net's values, so that only the
 * new part and what reads it is computed again; what each of those gives meets the gradient of the old net's loss there.
 */
const gradientsBeside =
  (batch: number, before: Model, base: LoweredBase) =>
  ({ grown, prefix, masks }: Candidate): Graph['outputs'] => {
    const { images } = base
    const unchanged = unchangedLayers(before, base, grown)
    const passOn: LowerOptions['passOn'] = (output, path) => unchanged.get(path)?.output ?? output
    const { at, weights } = lower({ batch, mode: 'training', dropout: false, prefix, images, passOn })(
      grown.model,
    )
    const change = [...unchanged]
      .map(([path, { gradient }]) => op.sum(op.mul(at.get(path) ?? gradient, gradient)))
      .reduce((a, b) => op.add(a, b), op.constant(0))
    const keys = Object.keys(masks)
    const gradients = differentiate()(
      change,
      keys.map(key => weights.get(key) ?? images),
    )
    return Object.fromEntries(keys.map((key, nth) => [`${prefix}${key}`, gradients[nth] ?? images]))
  }

type Sums = Readonly<Record<string, Float64Array>>

const addAll = (sums: Sums, gradients: Readonly<Record<string, Float32Array>>): Sums =>
  Object.fromEntries(
    Object.entries(gradients).map(([key, values]) => {
      const before = sums[key]
      return [
        key,
        Float64Array.from(values, (value, at) => value + (before === undefined ? 0 : elementAt(before, at))),
      ]
    }),
  )

/** √Σ g² over the zero weights. */
const normOf = ({ prefix, masks }: Candidate, sums: Sums, batches: number): number => {
  const squares = Object.entries(masks).map(([key, { data }]) =>
    (sums[`${prefix}${key}`] ?? new Float64Array()).reduce(
      (sum, value, at) => sum + elementAt(data, at) * (value / batches) ** 2,
      0,
    ),
  )
  return Math.sqrt(squares.reduce((a, b) => a + b, 0))
}

/**
 * For each growth, the norm of the loss's gradient by the weights that it adds as zeros, which is how fast the loss would
 * begin to fall by them. Batch norm normalises by the batch, as at the first step of training. What the old features could
 * do as well is not taken off, as TINY does: the products of a consumer's inputs cost more than the pass itself.
 *
 * Law     for a growth that preserves the function, the gradient of the grown net's own loss
 * Source  Evci et al. 2022 (GradMax), the norm; Verbockhaven et al. 2024 (TINY), what is not taken off
 */
export const candidateGradients =
  (calibration: Calibration, candidates: readonly Grown[]) =>
  (model: Model): TE.TaskEither<LearnError, readonly number[]> => {
    const { batch } = calibration
    const all = candidates.map(
      (grown, nth): Candidate => ({
        grown,
        prefix: `candidate${nth}:`,
        masks: zeroMasks(grown)(model.weights),
      }),
    )
    const base = lowerBase(batch, model)
    const gradients: Graph = {
      outputs: Object.assign({}, ...all.map(gradientsBeside(batch, model, base))),
      updates: [],
    }
    return withSession(calibration, { gradients }, model, async session => {
      for (const { grown, prefix } of all)
        session.write(matchingVariables({ gradients }, prefixKeys(prefix)(grown.model.weights)))
      const sums = await foldBatches<Sums>(
        calibration,
        {},
        ({ images, targets }) =>
          before =>
            addAll(before, session.run('gradients', { images, targets })),
      )
      return all.map(candidate => normOf(candidate, sums, calibrationBatches(calibration)))
    })
  }
