/** Codecs of the options of learning, for files and for code without types. */
import * as t from 'io-ts'
import type { Mix } from '../data/pipeline/mix.js'
import type { Optimizer } from '../graph/optimizer.js'
import {
  closed,
  closedPartial,
  finite,
  isRecord,
  keyed,
  list,
  naturalNumber,
  notNegative,
  nullable,
  positive,
  positiveWhole,
  share,
  tag,
  tagged,
} from '../io/codec.js'
import { type CodecOf, constraintCodecs, normalizeCodec, widthsCodec } from '../surgery/codec.js'
import { countedTargetFields } from '../surgery/target-codec.js'
import { type AnyCriterion, namedCriterionCodec } from './criteria/named-criterion.js'
import type { NewRate } from './growth/new-rate.js'
import {
  type AlignTerms,
  type Average,
  type ClassWeights,
  type CriterionName,
  type Distill,
  defaultNormalize,
  type FadeOptions,
  type PlannedPrune,
  type PushOptions,
  type TrainOptions,
} from './options.js'
import { pushTermCodec } from './push/push-term.js'
import type { LearningRateSchedule } from './training/learning-rate.js'

const warmup = { warmup: naturalNumber }

const rateSchedule: t.Type<LearningRateSchedule, unknown> = tagged<LearningRateSchedule>('a rate schedule', {
  constant: closed({ ...tag('constant'), ...warmup }),
  step: closed({ ...tag('step'), ...warmup, at: list(share), factor: positive }),
  cosine: closed({ ...tag('cosine'), ...warmup, floor: share }),
  triangular: closed({ ...tag('triangular'), ...warmup, start: share, peak: share, floor: share }),
})

const optimizer: t.Type<Optimizer, unknown> = tagged<Optimizer>('an optimizer', {
  sgd: closed({
    ...tag('sgd'),
    momentum: share,
    nesterov: t.boolean,
    weightDecay: notNegative,
    decoupled: t.boolean,
  }),
  adamw: closed({ ...tag('adamw'), beta1: share, beta2: share, epsilon: positive, weightDecay: notNegative }),
})

const weightsByName = t.record(t.string, notNegative)

const classWeights: t.Type<ClassWeights, unknown> = new t.Type(
  "'balanced', or a number ≥ 0 for names of classes",
  (u): u is ClassWeights => u === 'balanced' || (u !== null && typeof u === 'object' && weightsByName.is(u)),
  (u, context) => (u === 'balanced' ? t.success(u) : weightsByName.validate(u, context)),
  t.identity,
)
const mix: t.Type<Mix, unknown> = keyed<Mix, 'mixup' | 'cutmix'>('how images are mixed', {
  mixup: closedPartial({ mixup: positive }, { probability: share }),
  cutmix: closedPartial({ cutmix: positive }, { probability: share }),
})
const average: t.Type<Average, unknown> = closed({ every: positiveWhole, decay: share, lookahead: t.boolean })

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
  freeze: list(t.string),
  scaleRate: notNegative,
  shiftRate: notNegative,
  average: nullable(average),
  mix: nullable(mix),
  restoreBest: t.boolean,
  patience: nullable(positiveWhole),
  accumulate: positiveWhole,
}

const fade: t.Type<FadeOptions, unknown> = closed({
  l1: notNegative,
  from: share,
  until: share,
  cost: finite,
  decay: share,
})

const align: t.Type<AlignTerms, unknown> = closedPartial(
  { axis: finite, ridge: finite, correlation: finite, compactness: finite, units: finite },
  { terms: list(pushTermCodec) },
)

/** The fields of a push. */
export const pushFields = {
  ...trainFields,
  align,
  ramp: share,
  fade: nullable(fade),
}

export const distillCodec: t.Type<Distill, unknown> = closed({ temperature: positive, weight: share })

/** The rate of what has grown. */
export const newRateCodec: t.Type<NewRate, unknown> = new t.Type<NewRate, unknown>(
  "'balance', or a number > 0",
  (u): u is NewRate => u === 'balance' || positive.is(u),
  (u, context) => (u === 'balance' ? t.success(u) : positive.validate(u, context)),
  t.identity,
)

export const trainCodec: t.Type<TrainOptions, unknown> = closed(trainFields)

const plannedOptions = {
  ...constraintCodecs,
  normalize: normalizeCodec,
  widths: widthsCodec,
} satisfies CodecOf<Omit<PlannedPrune, 'keep' | 'atMost' | 'eta'>>

const { keep, atMost, eta } = countedTargetFields

const plannedPruneCodec: t.Type<PlannedPrune, unknown> = keyed<PlannedPrune, 'keep' | 'atMost' | 'eta'>(
  'how far to prune',
  {
    keep: closedPartial({ keep }, plannedOptions),
    atMost: closedPartial({ atMost }, plannedOptions),
    eta: closedPartial({ eta }, plannedOptions),
  },
)

/** A push with the prune that follows. */
export const pushCodec: t.Type<PushOptions & { readonly cut: PlannedPrune | null }, unknown> = closed({
  ...pushFields,
  cut: nullable(plannedPruneCodec),
})

const builtInCodec: t.Type<CriterionName> = t.keyof(defaultNormalize)

/** A criterion by its name, or a user's own. */
export const criterionCodec: t.Type<AnyCriterion, unknown> = new t.Type<AnyCriterion, unknown>(
  builtInCodec.name,
  (u): u is AnyCriterion => builtInCodec.is(u) || namedCriterionCodec.is(u),
  (u, context) =>
    isRecord(u) && '_tag' in u ? namedCriterionCodec.validate(u, context) : builtInCodec.validate(u, context),
  a => (typeof a === 'string' ? a : namedCriterionCodec.encode(a)),
)
