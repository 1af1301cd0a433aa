/** Random steps of a schedule. */
import * as fc from 'fast-check'
import { alignment, noTerms } from '../../../src/learn/options.js'
import { inception } from '../../../src/net/words/combinators.js'
import { convBnAct } from '../../../src/net/words/leaves.js'
import { prune, push, regrow, train, untilTarget, whileAccuracy } from '../../../src/run/schedule/schedule.js'
import type { Step } from '../../../src/run/schedule/steps.js'
import type { Growth } from '../../../src/surgery/grow/options.js'
import {
  aim,
  count,
  criterion,
  learning,
  losers,
  paths,
  positive,
  positiveCount,
  share,
  training,
} from './options.js'

const single: fc.Arbitrary<Step> = fc.oneof(
  training.map(train),
  fc
    .record({
      options: training,
      target: fc.option(aim),
      align: fc.constantFrom(alignment, noTerms),
      ramp: share,
      fade: fc.option(losers),
    })
    .map(({ options, target, ...rest }) => push({ ...options, ...rest, ...target })),
  fc
    .record({
      target: fc.option(aim),
      by: criterion,
      cost: share,
      images: positiveCount,
      repair: fc.constantFrom('batchNorm' as const, 'head' as const, 'reconstruct' as const),
      normalize: fc.option(fc.constantFrom('raw', 'global', 'eta', 'layer')),
      minChannels: count,
      roundTo: fc.oneof(positiveCount, fc.constant('auto' as const)),
      freeze: paths,
      ignore: paths,
    })
    .map(({ target, ...rest }) => prune({ ...rest, ...target })),
)

const bound = fc.oneof(
  share,
  fc.integer({ min: 0, max: 100 }).map(part => `${part}%` as const),
)

const rounds = (inner: fc.Arbitrary<Step>): fc.Arbitrary<Step> =>
  fc.oneof(
    fc
      .tuple(aim, fc.integer({ min: 1, max: 9 }), fc.option(bound), fc.array(inner, { maxLength: 3 }))
      .map(([until, rounds, within, steps]) => untilTarget({ ...until, rounds, within }, ...steps)),
    fc
      .tuple(fc.record({ within: bound, eta: positive }), fc.array(inner, { maxLength: 3 }))
      .map(([options, steps]) => whileAccuracy(options, ...steps)),
  )

const regrowing = (inner: fc.Arbitrary<Step>): fc.Arbitrary<Step> =>
  fc
    .record({
      atMost: fc.oneof(fc.record({ params: positive }), fc.record({ macs: positive })),
      rounds: fc.integer({ min: 1, max: 9 }),
      minDelta: share,
      patience: positiveCount,
      steps: fc.array(inner, { maxLength: 2 }),
    })
    .map(({ steps, ...options }) => regrow(options, ...steps))

const place = fc.constantFrom('stem', 'a/three/conv')
const newLayer = fc.constantFrom(convBnAct(3, 1, { name: 'next' }), inception('next', { point: 2 }))

const growth: fc.Arbitrary<Growth> = fc.oneof(
  fc.record({ after: place, module: newLayer }),
  fc.record({ before: place, module: newLayer }),
  fc.record({ inside: place, module: newLayer, at: count }, { requiredKeys: ['inside', 'module'] }),
  fc.record({ deepen: place, module: newLayer }),
  fc.record({ to: place, branch: newLayer }),
  fc.record({ widen: place, by: positive }),
)

const growing = (inner: fc.Arbitrary<Step>): fc.Arbitrary<Step> =>
  fc.record({
    _tag: fc.constant('grow' as const),
    growths: fc.oneof(
      fc.array(growth, { minLength: 1, maxLength: 2 }),
      fc.record({
        where: fc.constant('gradient' as const),
        candidates: fc.array(growth, { minLength: 1, maxLength: 2 }),
        per: fc.constantFrom('params' as const, 'macs' as const),
        max: positiveCount,
      }),
    ),
    init: fc.constantFrom('preserve' as const, 'noisy' as const, 'scratch' as const),
    exact: fc.boolean(),
    noise: positive,
    minDelta: share,
    patience: positiveCount,
    budget: fc.record({
      params: fc.option(positive),
      macs: fc.option(positive),
      latency: fc.option(positive),
    }),
    newRate: fc.oneof(fc.constantFrom(null, 'balance' as const), positive),
    warmup: fc.oneof(fc.constant(null), learning),
    steps: fc.array(inner, { maxLength: 2 }),
  })

export const step = fc.oneof(
  { weight: 3, arbitrary: single },
  { weight: 1, arbitrary: growing(single) },
  { weight: 1, arbitrary: rounds(fc.oneof(single, rounds(single), growing(single))) },
  { weight: 1, arbitrary: regrowing(fc.oneof(single, growing(single))) },
)
