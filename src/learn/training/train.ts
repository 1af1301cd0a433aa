/** Training: cross-entropy made small by an optimizer, in one graph. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Feeds } from '../../engine/engine.js'
import { differentiate } from '../../graph/differentiate.js'
import type { Graph, Value } from '../../graph/graph.js'
import { crossEntropy, distillation } from '../../graph/loss.js'
import { type Lowered, lower } from '../../graph/lower.js'
import * as op from '../../graph/operations.js'
import { clip, optimizerFeeds, updatesOf, type WeightGradient } from '../../graph/optimizer.js'
import type { NetError } from '../../net/error.js'
import type { Path } from '../../net/path.js'
import type { Net } from '../../net/tree.js'
import type { Model, Weights } from '../../net/weights.js'
import type { Decision } from '../../surgery/analysis/decision.js'
import type { LearnError } from '../error.js'
import type { Distill, TrainOptions } from '../options.js'
import { severalValues } from './batch-norm-values.js'
import type { Calls } from './phase.js'
import { factorAt } from './rate.js'

/** A lowered net while it learns, with the targets it is held to. */
export interface TrainingGraph extends Lowered {
  readonly targets: Value
}

/** What an objective's gradient says: of the trained weights, and of units' gates. */
export interface Gradients {
  readonly weights: readonly WeightGradient[]
  /** By path, ∂/∂gate of each channel. */
  readonly gates: ReadonlyMap<Path, Value>
}

/**
 * Gradients of an objective by trained weights, and by a gate of 1 on each channel that these layers give.
 *
 * Shapes  a gate's: Σ over images and space of output · ∂objective/∂output, [channels]
 * Law     gates change no value and no other gradient: they are not in the graph
 */
export const slopesAndGates = (
  { weights, statistics, at }: Lowered,
  objective: Value,
  gated: readonly Path[],
): Gradients => {
  const running = new Set(statistics.map(({ key }) => key))
  const trained = [...weights].filter(([key]) => !running.has(key))
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
export const weightGradients = (lowered: Lowered, objective: Value): readonly WeightGradient[] =>
  slopesAndGates(lowered, objective, []).weights

/** Running statistics follow what the batch showed. */
export const runningStatistics = ({ statistics }: Lowered): readonly Value[] =>
  statistics.map(({ key, seen, keep }) => op.average(key, seen, keep))

/**
 * A net lowered for training with its targets.
 *
 * Shapes  targets [batch, classes]
 * Errors  OneValue; those of `infer`
 */
export const lowerForTraining =
  (batch: number) =>
  (net: Net): E.Either<LearnError, TrainingGraph> =>
    pipe(
      severalValues(batch)(net),
      E.flatMap(() => lower({ batch, mode: 'training' })(net)),
      E.map(lowered => ({ ...lowered, targets: op.input('targets', lowered.logits.shape) })),
    )

/** A map's mean over the image; a vector as it is. */
export const pooled = (value: Value): Value => (value.shape.length === 4 ? op.mean(value, [1, 2]) : value)

/** The vector a net decides on. Shapes  [batch, size] */
export const featuresIn = ({ at, logits }: Lowered, { features }: Decision): Value =>
  pooled(at.get(features) ?? logits)

/** The forward pass with what a net decides on. */
export const inferringFeatures =
  (batch: number, decision: Decision) =>
  (net: Net): E.Either<NetError, Graph> =>
    pipe(
      net,
      lower({ batch, mode: 'inference' }),
      E.map(lowered => ({
        outputs: { logits: lowered.logits, features: featuresIn(lowered, decision) },
        updates: [],
      })),
    )

/** The forward pass alone: logits. */
export const lowerForInference =
  (batch: number) =>
  (net: Net): E.Either<NetError, Graph> =>
    pipe(
      net,
      lower({ batch, mode: 'inference' }),
      E.map(({ logits }) => ({ outputs: { logits }, updates: [] })),
    )

/** What slopes change: weights by the optimizer, their gradients clipped, and running statistics. */
export const weightUpdates =
  ({ optimizer, clipNorm: limit }: Pick<TrainOptions, 'optimizer' | 'clipNorm'>) =>
  (seen: TrainingGraph, slopes: readonly WeightGradient[]): readonly Value[] => [
    ...updatesOf(optimizer)(limit === null ? slopes : clip(limit)(slopes)),
    ...runningStatistics(seen),
  ]

/** A teacher: a model that answers the same images, and how much it counts. */
export interface Teacher extends Distill {
  readonly model: Model
}

/** No layer's name has a colon. */
const teacherPrefix = 'teacher:'

/** A teacher's weights as variables that nobody changes. */
export const teacherWeights = (teacher: Teacher | null): Weights =>
  Object.fromEntries(
    Object.entries(teacher?.model.weights ?? {}).map(([key, tensor]) => [`${teacherPrefix}${key}`, tensor]),
  )

/** Cross-entropy, mixed with the softened answers of a teacher in the same graph where there is one. */
export const trainObjective =
  (smoothing: number, teacher: Teacher | null) =>
  ({ logits, targets, images }: TrainingGraph): E.Either<NetError, Value> => {
    const hard = crossEntropy(logits, targets, smoothing)
    if (teacher === null) return E.right(hard)
    const { weight, temperature, model } = teacher
    return pipe(
      model.net,
      lower({ batch: images.shape[0] ?? 1, mode: 'inference', prefix: teacherPrefix, images }),
      E.map(({ logits: answers }) =>
        op.add(op.mul(hard, 1 - weight), op.mul(distillation(logits, answers, temperature), weight)),
      ),
    )
  }

/** The two calls of plain training. */
export const trainCalls =
  (options: TrainOptions, evaluated: number, teacher: Teacher | null = null) =>
  (net: Net): E.Either<LearnError, Calls> =>
    pipe(
      lowerForTraining(options.batchSize)(net),
      E.bindTo('seen'),
      E.bindW('infer', () => lowerForInference(evaluated)(net)),
      E.bindW('loss', ({ seen }) => trainObjective(options.labelSmoothing, teacher)(seen)),
      E.map(({ seen, infer, loss }) => ({
        train: {
          outputs: { loss, logits: seen.logits },
          updates: weightUpdates(options)(seen, weightGradients(seen, loss)),
        },
        infer,
      })),
    )

/** The rate at each step, as the schedule has it. */
export const rateFeeds =
  ({
    optimizer,
    learningRate: rate,
    lrSchedule: schedule,
  }: Pick<TrainOptions, 'optimizer' | 'learningRate' | 'lrSchedule'>) =>
  (step: number, steps: number): Feeds =>
    optimizerFeeds(optimizer, rate * factorAt(schedule, steps)(step), step)
