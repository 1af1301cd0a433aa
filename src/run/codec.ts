/** Experiments and studies to and from JSON. Law  decoding what was encoded gives an equal one */
import * as t from 'io-ts'
import { dataCodec } from '../data/codec.js'
import type { Optimizer } from '../graph/optimizer.js'
import { type CriterionName, type Losers, rankingOf, type Teaching } from '../learn/options.js'
import type { Schedule } from '../learn/rate.js'
import {
  closed,
  closedPartial,
  count,
  finite,
  keyed,
  maybe,
  positive,
  share,
  tagged,
  whole,
} from '../net/closed.js'
import { layerCodec, netCodec } from '../net/codec.js'
import type { Growth } from '../surgery/growth.js'
import type { Ranking } from '../surgery/rank.js'
import type { Word } from '../surgery/where.js'
import type { Experiment } from './experiment.js'
import type { Aim, Amount, Prune, Step } from './schedule.js'
import type { Study } from './study.js'

const tag = <T extends string>(value: T) => ({ _tag: t.literal(value) })
const warmup = { warmup: count }

const rateSchedule: t.Type<Schedule, unknown> = tagged<Schedule>('a rate schedule', {
  constant: closed({ ...tag('constant'), ...warmup }),
  step: closed({ ...tag('step'), ...warmup, at: t.readonlyArray(share), factor: positive }),
  cosine: closed({ ...tag('cosine'), ...warmup, floor: share }),
})

const optimizer: t.Type<Optimizer, unknown> = tagged<Optimizer>('an optimizer', {
  sgd: closed({ ...tag('sgd'), momentum: share, nesterov: t.boolean, decay: finite }),
  adamw: closed({ ...tag('adamw'), beta1: share, beta2: share, epsilon: positive, decay: finite }),
})

const training = {
  epochs: count,
  batch: whole,
  rate: finite,
  schedule: rateSchedule,
  optimizer,
  smoothing: share,
  clip: maybe(positive),
  balanced: t.boolean,
}

const some = <A>(codec: t.Type<A, unknown>, name: string): t.Type<readonly A[], unknown> =>
  t.refinement(t.readonlyArray(codec), all => all.length > 0, name)

const teaching: t.Type<Teaching, unknown> = closed({ temperature: positive, weight: share })

const terms = closed({ axis: finite, ridge: finite, correlation: finite, compactness: finite, units: finite })

const losers: t.Type<Losers, unknown> = closed({
  sparsity: finite,
  from: share,
  until: share,
  cost: finite,
  memory: share,
})

const amount: t.Type<Amount, unknown> = keyed<Amount>('an amount', {
  params: closed({ params: positive }),
  macs: closed({ macs: positive }),
  bytes: closed({ bytes: positive }),
})

const latency = closed({ latency: positive })

const aim: t.Type<Aim, unknown> = keyed<Aim>('an aim', {
  keep: closed({ keep: amount }),
  atMost: closed({ atMost: amount }),
  eta: closed({ eta: finite }),
})

const cutAim: t.Type<NonNullable<Prune['aim']>, unknown> = keyed<NonNullable<Prune['aim']>>('an aim', {
  keep: t.union([closed({ keep: amount }), closed({ keep: latency })]),
  atMost: t.union([closed({ atMost: amount }), closed({ atMost: latency })]),
  eta: closed({ eta: finite }),
})

const criterion: t.Type<CriterionName> = t.keyof(rankingOf)

const ranking: t.Type<Ranking> = t.keyof({ raw: null, global: null, eta: null, layer: null })

const module = { module: layerCodec }

const growth: t.Type<Growth, unknown> = keyed<Growth, Word>('what grows', {
  after: closed({ after: t.string, ...module }),
  before: closed({ before: t.string, ...module }),
  inside: closedPartial({ inside: t.string, ...module }, { at: count }),
  deepen: closed({ deepen: t.string, ...module }),
  to: closed({ to: t.string, branch: layerCodec }),
  widen: closed({ widen: t.string, by: positive }),
})

const step: t.Type<Step, unknown> = t.recursion('a step', () =>
  tagged<Step>('a step', {
    train: closed({ ...tag('train'), ...training, teaching: maybe(teaching) }),
    push: closed({
      ...tag('push'),
      ...training,
      teaching: maybe(teaching),
      aim: maybe(aim),
      terms,
      ramp: share,
      losers: maybe(losers),
    }),
    prune: closed({
      ...tag('prune'),
      aim: maybe(cutAim),
      by: criterion,
      rank: maybe(ranking),
      cost: finite,
      images: whole,
      minimum: count,
      floor: share,
      multiple: whole,
      protect: t.readonlyArray(t.string),
      ignore: t.readonlyArray(t.string),
    }),
    grow: closed({
      ...tag('grow'),
      growths: some(growth, 'something to grow, told by the shape of a layer that the net has'),
      how: t.keyof({ exact: null, spark: null, fresh: null }),
      spark: positive,
      gainBelow: finite,
      patience: whole,
      budget: closed({ params: maybe(positive), macs: maybe(positive), latency: maybe(positive) }),
      warmup: maybe(closed(training)),
      steps: t.readonlyArray(step),
    }),
    rounds: closed({
      ...tag('rounds'),
      rounds: whole,
      until: aim,
      within: maybe(share),
      steps: t.readonlyArray(step),
    }),
  }),
)

/** An experiment as JSON. */
export const experimentCodec: t.Type<Experiment, unknown> = closed(
  {
    ...tag('experiment'),
    net: netCodec,
    data: dataCodec,
    schedule: t.readonlyArray(step),
  },
  'an experiment',
)

export const studyCodec: t.Type<Study, unknown> = closed({
  _tag: t.literal('study'),
  name: t.string,
  seeds: count,
  entrants: t.readonlyArray(
    closed({
      name: t.string,
      facts: t.readonly(t.record(t.string, t.union([t.string, t.number]))),
      experiment: experimentCodec,
      scratch: t.boolean,
    }),
  ),
})
