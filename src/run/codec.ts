/** Experiments and studies to and from JSON. Law  decoding what was encoded gives an equal one */
import * as t from 'io-ts'
import { dataCodec } from '../data/codec.js'
import { criterionCodec, pushing, teachingCodec, trainCodec, training } from '../learn/codec.js'
import type { Haste } from '../learn/haste.js'
import {
  closed,
  closedPartial,
  count,
  finite,
  forbid,
  keyed,
  list,
  maybe,
  notNegative,
  picked,
  positive,
  positiveWhole,
  share,
  tagged,
  wholeFrom,
} from '../net/closed.js'
import { netCodec } from '../net/codec.js'
import { growthCodec, howCodec, rankingCodec } from '../surgery/codec.js'
import type { Experiment } from './experiment.js'
import type { Aim, Amount, Step } from './schedule.js'
import type { Study } from './study.js'

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

const aim: t.Type<Aim, unknown> = keyed<Aim>('an aim', {
  keep: closed({ keep: amount }),
  atMost: closed({ atMost: amount }),
  eta,
})

const haste: t.Type<Haste, unknown> = keyed<Haste>('an aim', {
  keep: closed({ keep: latency }),
  atMost: closed({ atMost: latency }),
})

const cutAim: t.Type<Aim | Haste, unknown> = picked<Aim | Haste>(
  'an aim',
  u => (Object.values(u).some(hasLatency) ? haste : aim) as never, // each writes what it reads
  t.failure,
)

/** How often a step grows: each of so many nets is gone through before anything trains. */
const mostGrowths = 1000

export const upToCodec = wholeFrom(1, mostGrowths)

const growths = t.refinement(
  list(growthCodec),
  all => all.length > 0,
  'something to grow, told by the shape of a layer that the net has',
)

const step: t.Type<Step, unknown> = t.recursion('a step', () =>
  tagged<Step>('a step', {
    train: closed({ ...tag('train'), ...training, teaching: maybe(teachingCodec) }),
    push: closed({
      ...tag('push'),
      ...pushing,
      teaching: maybe(teachingCodec),
      aim: maybe(aim),
    }),
    prune: closed({
      ...tag('prune'),
      aim: maybe(cutAim),
      by: criterionCodec,
      rank: maybe(rankingCodec),
      cost: finite,
      images: positiveWhole,
      minimum: count,
      floor: share,
      multiple: positiveWhole,
      protect: list(t.string),
      ignore: list(t.string),
    }),
    grow: closedPartial(
      {
        ...tag('grow'),
        growths,
        how: howCodec,
        spark: positive,
        gainBelow: finite,
        patience: positiveWhole,
        budget: closed({ params: maybe(positive), macs: maybe(positive), latency: maybe(positive) }),
        warmup: maybe(trainCodec),
        steps: list(step),
      },
      { upTo: forbid(upToCodec.name) },
    ),
    rounds: closed({
      ...tag('rounds'),
      rounds: positiveWhole,
      until: aim,
      within: maybe(share),
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

const entrant = closed({
  name: t.string,
  facts: t.readonly(t.record(t.string, t.union([t.string, t.number]))),
  experiment: experimentCodec,
  scratch: t.boolean,
})

/** Each is a run of every entrant. */
const mostSeeds = 10_000

export const studyCodec: t.Type<Study, unknown> = closedPartial(
  {
    ...tag('study'),
    name: t.string,
    seeds: wholeFrom(1, mostSeeds),
    entrants: list(entrant),
  },
  { scratch: forbid('criteria of the ablation') },
  'a study',
)
