/** Random options of trainings and cuts. */
import * as fc from 'fast-check'
import { adamw, type Optimizer, sgd } from '../../../src/graph/optimizer.js'
import { type CriterionName, defaultNormalize, type TrainOptions } from '../../../src/learn/options.js'
import {
  constant,
  cosine,
  type LearningRateSchedule,
  step as stepped,
  triangular,
} from '../../../src/learn/training/learning-rate.js'
import type { CountedTarget } from '../../../src/surgery/prune/target.js'

export const share = fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0, max: 1, noNaN: true }))
const keptShare = fc.double({ min: 1e-6, max: 1, noNaN: true })
export const positive = fc.double({ min: 1e-6, max: 1e6, noNaN: true })
export const count = fc.oneof(fc.constant(0), fc.nat(1000))
export const positiveCount = fc.integer({ min: 1, max: 1000 })

const schedule: fc.Arbitrary<LearningRateSchedule> = fc.oneof(
  fc.record({ warmup: count }).map(constant),
  fc.record({ warmup: count, at: fc.array(share, { maxLength: 3 }), factor: positive }).map(stepped),
  fc.record({ warmup: count, floor: share }).map(cosine),
  fc.record({ warmup: count, start: share, peak: share, floor: share }).map(triangular),
)

const optimizer: fc.Arbitrary<Optimizer> = fc.oneof(
  fc
    .record({ momentum: share, nesterov: fc.boolean(), weightDecay: positive, decoupled: fc.boolean() })
    .map(sgd),
  fc.record({ beta1: share, beta2: share, epsilon: positive, weightDecay: positive }).map(adamw),
)

export const learning: fc.Arbitrary<TrainOptions> = fc.record({
  epochs: positiveCount,
  batchSize: positiveCount,
  learningRate: positive,
  lrSchedule: schedule,
  optimizer,
  labelSmoothing: share,
  clipNorm: fc.option(positive),
  balanced: fc.boolean(),
  classWeights: fc.constant(null), // any name may be one of its keys: they have a test of their own
  freeze: fc.array(fc.string()),
  scaleRate: positive,
  shiftRate: positive,
  average: fc.option(fc.record({ every: positiveCount, decay: share, lookahead: fc.boolean() })),
  mix: fc.option(
    fc.oneof(fc.record({ mixup: positive, probability: share }), fc.record({ cutmix: positive })),
  ),
  restoreBest: fc.boolean(),
  patience: fc.option(positiveCount),
  accumulate: positiveCount,
})

export const training = fc
  .tuple(learning, fc.option(fc.record({ temperature: positive, weight: share })))
  .map(([options, distill]) => ({ ...options, distill }))

const amountOf = (figure: fc.Arbitrary<number>) =>
  fc.oneof(fc.record({ params: figure }), fc.record({ macs: figure }), fc.record({ bytes: figure }))

export const aim: fc.Arbitrary<CountedTarget> = fc.oneof(
  fc.record({ keep: amountOf(keptShare) }),
  fc.record({ atMost: amountOf(positive) }),
  fc.record({ eta: positive }),
)

export const losers = fc.record({ l1: share, from: share, until: share, cost: share, decay: share })

export const paths = fc.array(fc.constantFrom('stem', 'a/three/conv'))

export const criterion = fc.constantFrom(...(Object.keys(defaultNormalize) as CriterionName[])) // its keys are the names
