/** Experiments and studies to and from JSON. Law  decoding what was encoded gives an equal one */
import * as t from 'io-ts'
import { dataCodec } from '../../data/codec.js'
import {
  closed,
  closedPartial,
  finite,
  forbid,
  keyed,
  list,
  naturalNumber,
  notNegative,
  nullable,
  picked,
  positive,
  positiveWhole,
  share,
  tagged,
  wholeFrom,
} from '../../io/codec.js'
import { criterionCodec, distillCodec, pushing, trainCodec, training } from '../../learn/codec.js'
import type { LatencyTarget } from '../../learn/evaluation/latency-target.js'
import { netCodec } from '../../net/codec.js'
import { growthCodec, howCodec, rankingCodec } from '../../surgery/codec.js'
import type { Study } from '../study/study.js'
import type { Experiment } from './experiment.js'
import type { Amount, Step, Target } from './schedule.js'

const tag = <T extends string>(value: T) => ({ _tag: t.literal(value) })

const amount: t.Type<Amount, unknown> = keyed<Amount>('an amount', {
  params: closed({ params: positive }),
  macs: closed({ macs: positive }),
  bytes: closed({ bytes: positive }),
})

const latency: t.Type<{ readonly latency: number }, unknown> = picked(
  'an amount',
  u => (Object.keys(u).length === 1 ? closed({ latency: positive }) : undefined),
  (u, context) => t.failure(u, context, 'only one of params, macs, bytes, latency'),
)

/** A figure of what is counted, or one of what is measured. */
const hasLatency = (amount: unknown): boolean =>
  typeof amount === 'object' && amount !== null && 'latency' in amount

const eta = closed({ eta: notNegative })

const target: t.Type<Target, unknown> = keyed<Target>('a target', {
  keep: closed({ keep: amount }),
  atMost: closed({ atMost: amount }),
  eta,
})

const latencyTarget: t.Type<LatencyTarget, unknown> = keyed<LatencyTarget>('a target', {
  keep: closed({ keep: latency }),
  atMost: closed({ atMost: latency }),
})

const pruneTarget: t.Type<Target | LatencyTarget, unknown> = picked<Target | LatencyTarget>(
  'a target',
  u => (Object.values(u).some(hasLatency) ? latencyTarget : target) as never, // each writes what it reads
  t.failure,
)

/** How often a step grows: each of so many nets is gone through before anything trains. */
const mostGrowths = 1000

export const maxCodec = wholeFrom(1, mostGrowths)

const growths = t.refinement(
  list(growthCodec),
  all => all.length > 0,
  'something to grow, told by the shape of a layer that the net has',
)

const step: t.Type<Step, unknown> = t.recursion('a step', () =>
  tagged<Step>('a step', {
    train: closed({ ...tag('train'), ...training, distill: nullable(distillCodec) }),
    push: closed({
      ...tag('push'),
      ...pushing,
      distill: nullable(distillCodec),
      target: nullable(target),
    }),
    prune: closed({
      ...tag('prune'),
      target: nullable(pruneTarget),
      by: criterionCodec,
      normalize: nullable(rankingCodec),
      cost: finite,
      images: positiveWhole,
      minChannels: naturalNumber,
      floor: share,
      roundTo: positiveWhole,
      freeze: list(t.string),
      ignore: list(t.string),
    }),
    grow: closedPartial(
      {
        ...tag('grow'),
        growths,
        init: howCodec,
        noise: positive,
        minDelta: finite,
        patience: positiveWhole,
        budget: closed({ params: nullable(positive), macs: nullable(positive), latency: nullable(positive) }),
        warmup: nullable(trainCodec),
        steps: list(step),
      },
      { max: forbid(maxCodec.name) },
    ),
    rounds: closed({
      ...tag('rounds'),
      rounds: positiveWhole,
      target,
      within: nullable(share),
      steps: list(step),
    }),
  }),
)

/** An experiment as JSON. */
export const experimentCodec: t.Type<Experiment, unknown> = closed(
  { ...tag('experiment'), net: netCodec, data: dataCodec, schedule: list(step) },
  'an experiment',
)

/** What of an experiment is gone through before anything trains. */
export const rehearsedCodec: t.Type<Pick<Experiment, 'net' | 'schedule'>, unknown> = closed({
  net: netCodec,
  schedule: list(step),
})

const variant = closed({
  name: t.string,
  facts: t.readonly(t.record(t.string, t.union([t.string, t.number]))),
  experiment: experimentCodec,
  scratch: t.boolean,
})

/** Each is a run of every variant. */
const mostSeeds = 10_000

export const studyCodec: t.Type<Study, unknown> = closedPartial(
  {
    ...tag('study'),
    name: t.string,
    seeds: wholeFrom(1, mostSeeds),
    variants: list(variant),
  },
  { scratch: forbid('criteria of the ablation') },
  'a study',
)
