/** Training: cross-entropy made small by an optimizer, in one graph. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { differentiate } from '../graph/differentiate.js'
import { crossEntropy, distillation } from '../graph/loss.js'
import { type Lowered, lower } from '../graph/lower.js'
import { clip, type Optimizer, optimizerFeeds, type Slope, sgd, updatesOf } from '../graph/optimizer.js'
import * as op from '../graph/ops.js'
import type { Graph, Value } from '../graph/value.js'
import type { Feeds } from '../engine/engine.js'
import type { NetError } from '../net/error.js'
import type { Net } from '../net/layer.js'
import type { Calls } from './phase.js'
import { cosine, factorAt, type Schedule } from './rate.js'

/** How to train, as data. */
export interface TrainOptions {
  readonly epochs: number
  /** Images a step. */
  readonly batch: number
  /** The learning rate the schedule multiplies. */
  readonly rate: number
  readonly schedule: Schedule
  readonly optimizer: Optimizer
  /** Share of each target moved to all classes. */
  readonly smoothing: number
  /** The largest common norm of the gradients; `null` for none. */
  readonly clip: number | null
  /** Every batch holds each class equally often. */
  readonly balanced: boolean
}

export const trainDefaults: TrainOptions = {
  epochs: 1,
  batch: 100,
  rate: 0.1,
  schedule: cosine(),
  optimizer: sgd(),
  smoothing: 0,
  clip: null,
  balanced: false,
}

/** A lowered net while it learns, with the targets it is held to. */
export interface Seen extends Lowered {
  readonly targets: Value
}

/** Trained weights and their gradients of an objective. */
export const slopesOf = ({ weights, statistics }: Lowered, objective: Value): readonly Slope[] => {
  const running = new Set(statistics.map(({ key }) => key))
  const trained = [...weights].filter(([key]) => !running.has(key))
  const gradients = differentiate()(
    objective,
    trained.map(([, weight]) => weight),
  )
  return trained.map(([key, weight], nth) => ({ key, weight, gradient: gradients[nth] ?? weight }))
}

/** Running statistics follow what the batch showed. */
export const follow = ({ statistics }: Lowered): readonly Value[] =>
  statistics.map(({ key, seen, keep }) => op.average(key, seen, keep))

/** A net lowered for training with its targets. Shapes  targets [batch, classes] */
export const seeing =
  (batch: number) =>
  (net: Net): E.Either<NetError, Seen> =>
    pipe(
      net,
      lower({ batch, mode: 'training' }),
      E.map(lowered => ({ ...lowered, targets: op.input('targets', lowered.logits.shape) })),
    )

/** The forward pass alone. */
export const inferring =
  (batch: number) =>
  (net: Net): E.Either<NetError, Graph> =>
    pipe(
      net,
      lower({ batch, mode: 'inference' }),
      E.map(({ logits }) => ({ outputs: { logits }, updates: [] })),
    )

/** One training step of an objective: gradients, clipping, the optimizer, running statistics. */
export const stepOf =
  ({ optimizer, clip: limit }: Pick<TrainOptions, 'optimizer' | 'clip'>) =>
  (seen: Seen, objective: Value): Graph => {
    const slopes = slopesOf(seen, objective)
    const updates = updatesOf(optimizer)(limit === null ? slopes : clip(limit)(slopes))
    return { outputs: { loss: objective, logits: seen.logits }, updates: [...updates, ...follow(seen)] }
  }

/** A teacher's share in the objective. */
export interface Teaching {
  readonly temperature: number
  /** Share of the distillation loss in the whole, 0 to 1. */
  readonly weight: number
}

/** Cross-entropy, mixed with the answers of a teacher fed as `teacher` where there is one. */
export const objectiveOf =
  (smoothing: number, teaching: Teaching | null = null) =>
  ({ logits, targets }: Seen): Value => {
    const hard = crossEntropy(logits, targets, smoothing)
    if (teaching === null) return hard
    const soft = distillation(logits, op.input('teacher', logits.shape), teaching.temperature)
    return op.add(op.mul(hard, 1 - teaching.weight), op.mul(soft, teaching.weight))
  }

/** The two calls of plain training. */
export const trainCalls =
  (options: TrainOptions, evaluated: number) =>
  (net: Net): E.Either<NetError, Calls> =>
    pipe(
      E.Do,
      E.bind('seen', () => seeing(options.batch)(net)),
      E.bind('infer', () => inferring(evaluated)(net)),
      E.map(({ seen, infer }) => ({ train: stepOf(options)(seen, objectiveOf(options.smoothing)(seen)), infer })),
    )

/** The rate at each step, as the schedule has it. */
export const rateFeeds =
  ({ optimizer, rate, schedule }: Pick<TrainOptions, 'optimizer' | 'rate' | 'schedule'>) =>
  (step: number, steps: number): Feeds =>
    optimizerFeeds(optimizer, rate * factorAt(schedule, steps)(step), step)
