/** Codecs of the options of learning, for files and for code without types. */
import * as t from 'io-ts'
import type { Optimizer } from '../graph/optimizer.js'
import {
  closed,
  closedPartial,
  finite,
  keyed,
  list,
  naturalNumber,
  notNegative,
  nullable,
  positive,
  positiveWhole,
  share,
  tagged,
} from '../io/codec.js'
import { type CodecOf, constraintCodecs, normalizeCodec, targetCodec, widthsCodec } from '../surgery/codec.js'
import {
  type ClassWeights,
  type CriterionName,
  type Distill,
  defaultNormalize,
  type FadeOptions,
  type PlannedPrune,
  type PruneTarget,
  type PushOptions,
  type TrainOptions,
} from './options.js'
import type { Schedule } from './training/rate.js'

const tag = <T extends string>(value: T) => ({ _tag: t.literal(value) })
const warmup = { warmup: naturalNumber }

const rateSchedule: t.Type<Schedule, unknown> = tagged<Schedule>('a rate schedule', {
  constant: closed({ ...tag('constant'), ...warmup }),
  step: closed({ ...tag('step'), ...warmup, at: list(share), factor: positive }),
  cosine: closed({ ...tag('cosine'), ...warmup, floor: share }),
})

const optimizer: t.Type<Optimizer, unknown> = tagged<Optimizer>('an optimizer', {
  sgd: closed({ ...tag('sgd'), momentum: share, nesterov: t.boolean, weightDecay: notNegative }),
  adamw: closed({ ...tag('adamw'), beta1: share, beta2: share, epsilon: positive, weightDecay: notNegative }),
})

const weightsByName = t.record(t.string, notNegative)

const classWeights: t.Type<ClassWeights, unknown> = new t.Type(
  "'balanced', or a number ≥ 0 for names of classes",
  (u): u is ClassWeights => u === 'balanced' || (u !== null && typeof u === 'object' && weightsByName.is(u)),
  (u, context) => (u === 'balanced' ? t.success(u) : weightsByName.validate(u, context)),
  t.identity,
)

/** The fields of a training. */
export const trainFields = {
  epochs: positiveWhole,
  batchSize: positiveWhole,
  learningRate: notNegative,
  lrSchedule: rateSchedule,
  optimizer,
  labelSmoothing: share,
  clipNorm: nullable(positive),
  balanced: t.boolean,
  classWeights: nullable(classWeights),
}

const fade: t.Type<FadeOptions, unknown> = closed({
  l1: notNegative,
  from: share,
  until: share,
  cost: finite,
  decay: share,
})

/** The fields of a push. */
export const pushFields = {
  ...trainFields,
  align: closed({ axis: finite, ridge: finite, correlation: finite, compactness: finite, units: finite }),
  ramp: share,
  fade: nullable(fade),
}

export const distillCodec: t.Type<Distill, unknown> = closed({ temperature: positive, weight: share })

export const trainCodec: t.Type<TrainOptions, unknown> = closed(trainFields)

const plannedPruneCodec: t.Type<PlannedPrune, unknown> = closedPartial(
  {
    target: keyed<PruneTarget>('a target', {
      keep: closed({ keep: targetCodec }),
      atMost: closed({ atMost: targetCodec }),
      eta: closed({ eta: notNegative }),
    }),
  },
  { ...constraintCodecs, normalize: normalizeCodec, widths: widthsCodec } satisfies CodecOf<
    Omit<PlannedPrune, 'target'>
  >,
)

/** A push with the prune that follows. */
export const pushCodec: t.Type<PushOptions & { readonly cut: PlannedPrune | null }, unknown> = closed({
  ...pushFields,
  cut: nullable(plannedPruneCodec),
})

export const criterionCodec: t.Type<CriterionName> = t.keyof(defaultNormalize)
