/** Training: an optimizer minimises the cross-entropy, in one graph. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Feeds } from '../../engine/engine.js'
import { differentiate } from '../../graph/differentiate.js'
import type { Graph, Value } from '../../graph/graph.js'
import { crossEntropy, distillation } from '../../graph/loss.js'
import { type Lowered, lower } from '../../graph/lower.js'
import type { LowerOptions } from '../../graph/lowering.js'
import * as op from '../../graph/operations.js'
import { clip, optimizerFeeds, updatesOf, type WeightGradient } from '../../graph/optimizer.js'
import type { CheckedNet } from '../../net/infer.js'
import { isInside, type Path, parentPath } from '../../net/path.js'
import { isKeyOf } from '../../net/weight-specs.js'
import { type Model, prefixKeys, type Weights } from '../../net/weights.js'
import type { Decision } from '../../surgery/analysis/decision.js'
import { checkBatchNormValues } from '../check-options.js'
import type { LearnError } from '../error.js'
import { type NewPart, withNewRate } from '../growth/new-rate.js'
import type { Distill, TrainOptions } from '../options.js'
import { averageFeeds } from './average.js'
import { imageWeights } from './class-weights.js'
import { factorAt } from './learning-rate.js'

/** Layers, with all inside them, that do not learn. */
interface Freezing {
  readonly frozen?: readonly Path[]
}

/** A net lowered for training, with the input of its targets. */
export interface TrainingGraph extends Lowered, Freezing {
  readonly targets: Value
}

const isFrozen = (frozen: readonly Path[], key: string): boolean =>
  frozen.some(place => isInside(place, parentPath(key)))

/** Gradients of an objective by the trained weights, and by units' gates. */
export interface Gradients {
  readonly weights: readonly WeightGradient[]
  /** By path, ∂/∂gate of each channel. */
  readonly gates: ReadonlyMap<Path, Value>
}

/**
 * Gradients of an objective by trained weights, and by a gate of 1 on each output channel of these layers.
 *
 * Shapes  a gate's: Σ over images and space of output · ∂objective/∂output, [channels]
 * Law     gates change no value and no other gradient: they are not in the graph
 */
export const gradientsAndGates = (
  { weights, statistics, at, frozen = [] }: Pick<Lowered, 'weights' | 'statistics' | 'at'> & Freezing,
  objective: Value,
  gated: readonly Path[],
): Gradients => {
  const running = new Set(statistics.map(({ key }) => key))
  const trained = [...weights].filter(([key]) => !running.has(key) && !isFrozen(frozen, key))
  const outputs = gated.flatMap(path => at.get(path) ?? [])
  const gradients = differentiate()(objective, [...trained.map(([, weight]) => weight), ...outputs])
  const lead = ({ shape }: Value) => shape.slice(0, -1).map((_, axis) => axis)
  return {
    weights: trained.map(([key, weight], nth) => ({ key, weight, gradient: gradients[nth] ?? weight })),
    gates: new Map(
      outputs.map((output, nth) => [
        gated[nth] ?? '',
        op.sum(op.mul(output, gradients[trained.length + nth] ?? output), lead(output)),
      ]),
    ),
  }
}

/** Trained weights and their gradients of an objective. */
export const weightGradients = (lowered: Lowered & Freezing, objective: Value): readonly WeightGradient[] =>
  gradientsAndGates(lowered, objective, []).weights

/** Updates of the running statistics by those of the batch. */
export const runningStatistics = ({ statistics }: Lowered): readonly Value[] =>
  statistics.map(({ key, seen, keep }) => op.average(key, seen, keep))

/**
 * A net lowered for training with its targets.
 *
 * Shapes  targets [batch, classes]
 * Errors  OneValue
 */
export const lowerForTraining =
  ({ batchSize: batch, freeze: frozen }: Pick<TrainOptions, 'batchSize' | 'freeze'>) =>
  (net: CheckedNet): E.Either<LearnError, TrainingGraph> =>
    pipe(
      checkBatchNormValues(batch)(net),
      E.map(() => lower({ batch, mode: 'training', frozen })(net)),
      E.map(lowered => ({ ...lowered, frozen, targets: op.input('targets', lowered.logits.shape) })),
    )

/** A map's mean over the image; a vector as it is. */
export const globalMean = (value: Value): Value => (value.shape.length === 4 ? op.mean(value, [1, 2]) : value)

/** The features before the last layer. Shapes  [batch, size] */
export const featuresIn = ({ at, logits }: Lowered, { features }: Decision): Value =>
  globalMean(at.get(features) ?? logits)

/** The forward pass: logits, and the features before the last layer. */
export const lowerForFeatures =
  (batch: number, decision: Decision) =>
  (net: CheckedNet): Graph => {
    const lowered = lower({ batch, mode: 'inference' })(net)
    return { outputs: { logits: lowered.logits, features: featuresIn(lowered, decision) }, updates: [] }
  }

/** The forward pass: logits. */
export const lowerForInference =
  (batch: number, prefix = '') =>
  (net: CheckedNet) => {
    const { logits } = lower({ batch, mode: 'inference', prefix })(net)
    return { outputs: { logits }, updates: [] } satisfies Graph
  }

/** Batch norm's scales and shifts learn at a rate of their own. */
const withRates =
  ({ scaleRate, shiftRate }: Pick<TrainOptions, 'scaleRate' | 'shiftRate'>) =>
  (each: WeightGradient): WeightGradient => {
    const rateFactor = isKeyOf('scale')(each.key) ? scaleRate : isKeyOf('shift')(each.key) ? shiftRate : 1
    return rateFactor === 1 ? each : { ...each, rateFactor }
  }

/** Updates of a step: weights by the optimizer, with clipped gradients, and running statistics. */
export const weightUpdates =
  ({ optimizer, clipNorm, ...rates }: TrainOptions, newPart: NewPart | null = null) =>
  (graph: TrainingGraph, gradients: readonly WeightGradient[]): readonly Value[] => [
    ...pipe(
      (clipNorm === null ? gradients : clip(clipNorm)(gradients)).map(withRates(rates)),
      updatesOf(optimizer),
      withNewRate(newPart, graph.weights, gradients),
    ),
    ...runningStatistics(graph),
  ]

/** A teacher: a model whose logits on the same images are targets too, and how much they count. */
export interface Teacher extends Distill {
  readonly model: Model
}

const teacherPrefix = 'teacher:'

/** A teacher's weights, as variables that do not change. */
export const teacherWeights = (teacher: Teacher | null): Weights =>
  prefixKeys(teacherPrefix)(teacher?.model.weights ?? {})

/** The cross-entropy with the targets, each image's times the weight of its class where there are such. */
export const hardLoss = (
  { labelSmoothing, classWeights }: Pick<TrainOptions, 'labelSmoothing' | 'classWeights'>,
  { logits, targets }: TrainingGraph,
): Value =>
  crossEntropy(logits, targets, labelSmoothing, classWeights === null ? null : imageWeights(targets))

/** Cross-entropy, mixed with distillation from a teacher in the same graph where there is one. */
export const trainObjective =
  (options: Pick<TrainOptions, 'labelSmoothing' | 'classWeights'>, teacher: Teacher | null) =>
  (graph: TrainingGraph): Value => {
    const { logits, images } = graph
    const hard = hardLoss(options, graph)
    if (teacher === null) return hard
    const { weight, temperature, model } = teacher
    const lowering: LowerOptions = {
      batch: images.shape[0] ?? 1,
      mode: 'inference',
      prefix: teacherPrefix,
      images,
    }
    const soft = distillation(logits, lower(lowering)(model).logits, temperature)
    return op.add(op.mul(hard, 1 - weight), op.mul(soft, weight))
  }

/** The inputs of the optimizer and of the averages at each step. */
export const rateFeeds =
  ({ optimizer, learningRate, lrSchedule, average }: TrainOptions) =>
  (step: number, steps: number): Feeds => ({
    ...optimizerFeeds(optimizer, learningRate * factorAt(lrSchedule, steps)(step), step),
    ...averageFeeds(average)(step, steps),
  })

/** The learning rate of the last step of an epoch, counted from 0; `batches`: those of an epoch. */
export const learningRateAfter = (
  { learningRate, lrSchedule, epochs, accumulate }: TrainOptions,
  batches: number,
  epoch: number,
): number => {
  const last = Math.floor(((epoch + 1) * batches - 1) / accumulate)
  return learningRate * factorAt(lrSchedule, (batches * epochs) / accumulate)(last)
}
