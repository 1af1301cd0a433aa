/** The options of learning, read as what comes from outside: from files, and from code without types. */
import * as t from 'io-ts'
import type { Optimizer } from '../graph/optimizer.js'
import {
  closed,
  closedPartial,
  count,
  finite,
  keyed,
  list,
  maybe,
  notNegative,
  positive,
  positiveWhole,
  share,
  tagged,
} from '../net/closed.js'
import { guards, rankingCodec, targetCodec } from '../surgery/codec.js'
import {
  type Aim,
  type CriterionName,
  type Cut,
  type Losers,
  type PushOptions,
  rankingOf,
  type Teaching,
  type TrainOptions,
} from './options.js'
import type { Schedule } from './rate.js'

const tag = <T extends string>(value: T) => ({ _tag: t.literal(value) })
const warmup = { warmup: count }

const rateSchedule: t.Type<Schedule, unknown> = tagged<Schedule>('a rate schedule', {
  constant: closed({ ...tag('constant'), ...warmup }),
  step: closed({ ...tag('step'), ...warmup, at: list(share), factor: positive }),
  cosine: closed({ ...tag('cosine'), ...warmup, floor: share }),
})

const optimizer: t.Type<Optimizer, unknown> = tagged<Optimizer>('an optimizer', {
  sgd: closed({ ...tag('sgd'), momentum: share, nesterov: t.boolean, decay: notNegative }),
  adamw: closed({ ...tag('adamw'), beta1: share, beta2: share, epsilon: positive, decay: notNegative }),
})

/** The fields of a training. */
export const training = {
  epochs: positiveWhole,
  batch: positiveWhole,
  rate: notNegative,
  schedule: rateSchedule,
  optimizer,
  smoothing: share,
  clip: maybe(positive),
  balanced: t.boolean,
}

const losers: t.Type<Losers, unknown> = closed({
  sparsity: notNegative,
  from: share,
  until: share,
  cost: finite,
  memory: share,
})

/** The fields of a push. */
export const pushing = {
  ...training,
  terms: closed({ axis: finite, ridge: finite, correlation: finite, compactness: finite, units: finite }),
  ramp: share,
  losers: maybe(losers),
}

export const teachingCodec: t.Type<Teaching, unknown> = closed({ temperature: positive, weight: share })

export const trainCodec: t.Type<TrainOptions, unknown> = closed(training)

const cutCodec: t.Type<Cut, unknown> = closedPartial(
  {
    aim: keyed<Aim>('an aim', {
      keep: closed({ keep: targetCodec }),
      atMost: closed({ atMost: targetCodec }),
      eta: closed({ eta: notNegative }),
    }),
  },
  { ...guards, rank: rankingCodec },
)

/** A push with the cut to come. */
export const pushCodec: t.Type<PushOptions & { readonly cut: Cut | null }, unknown> = closed({
  ...pushing,
  cut: maybe(cutCodec),
})

export const criterionCodec: t.Type<CriterionName> = t.keyof(rankingOf)
