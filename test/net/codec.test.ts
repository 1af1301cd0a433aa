import * as fc from 'fast-check'
import { pipe } from 'fp-ts/lib/function.js'
import { describe, expect, test } from 'vitest'
import type { Augmentation } from '../../src/data/pipeline/augment.js'
import { cifar10, type DataSpec, glyphs, imageFolder, mnist, tfrecord } from '../../src/data/spec.js'
import { adamw, type Optimizer, sgd } from '../../src/graph/optimizer.js'
import { decode } from '../../src/io/codec.js'
import {
  alignment,
  type CriterionName,
  defaultNormalize,
  noTerms,
  type TrainOptions,
} from '../../src/learn/options.js'
import {
  constant,
  cosine,
  type LearningRateSchedule,
  step as stepped,
  triangular,
} from '../../src/learn/training/learning-rate.js'
import { netCodec } from '../../src/net/codec.js'
import { inception, net } from '../../src/net/words/combinators.js'
import { convBnAct, dense, globalAvgPool, image } from '../../src/net/words/leaves.js'
import { experimentCodec } from '../../src/run/schedule/codec.js'
import { type Experiment, experiment } from '../../src/run/schedule/experiment.js'
import { prune, push, regrow, train, untilTarget, whileAccuracy } from '../../src/run/schedule/schedule.js'
import type { Step } from '../../src/run/schedule/steps.js'
import type { Growth } from '../../src/surgery/grow/options.js'
import type { CountedTarget } from '../../src/surgery/prune/target.js'
import { arbitraryNet } from '../support/nets/arbitrary.js'
import { left, right } from '../support/nets/surgery.js'

const fixed = net('fixed', image(8, 8, 1), convBnAct(2), globalAvgPool, dense(2))

const share = fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0, max: 1, noNaN: true }))
const keptShare = fc.double({ min: 1e-6, max: 1, noNaN: true })
const positive = fc.double({ min: 1e-6, max: 1e6, noNaN: true })
const count = fc.oneof(fc.constant(0), fc.nat(1000))
const positiveCount = fc.integer({ min: 1, max: 1000 })

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

const learning: fc.Arbitrary<TrainOptions> = fc.record({
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

const training = fc
  .tuple(learning, fc.option(fc.record({ temperature: positive, weight: share })))
  .map(([options, distill]) => ({ ...options, distill }))

const amountOf = (figure: fc.Arbitrary<number>) =>
  fc.oneof(fc.record({ params: figure }), fc.record({ macs: figure }), fc.record({ bytes: figure }))

const aim: fc.Arbitrary<CountedTarget> = fc.oneof(
  fc.record({ keep: amountOf(keptShare) }),
  fc.record({ atMost: amountOf(positive) }),
  fc.record({ eta: positive }),
)

const losers = fc.record({ l1: share, from: share, until: share, cost: share, decay: share })

const paths = fc.array(fc.constantFrom('stem', 'a/three/conv'))

const criterion = fc.constantFrom(...(Object.keys(defaultNormalize) as CriterionName[])) // its keys are the names

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

const step = fc.oneof(
  { weight: 3, arbitrary: single },
  { weight: 1, arbitrary: growing(single) },
  { weight: 1, arbitrary: rounds(fc.oneof(single, rounds(single), growing(single))) },
  { weight: 1, arbitrary: regrowing(fc.oneof(single, growing(single))) },
)

const augmentation = fc.constantFrom<Augmentation[]>(
  { _tag: 'shift', pixels: 2, fill: 'zero' },
  { _tag: 'flip', alternating: false },
  { _tag: 'randomResizedCrop', size: 8, area: [0.2, 1], ratio: [0.75, 1.25] },
)

const data: fc.Arbitrary<DataSpec> = fc
  .tuple(fc.array(augmentation, { maxLength: 2 }), fc.option(fc.constant({ mean: [0.5], deviation: [0.2] })))
  .chain(([augment, normalise]) => {
    const options = { augment, ...(normalise !== null && { normalise }) }
    return fc.constantFrom<DataSpec[]>(
      glyphs({ ...options, train: 30 }),
      mnist(options),
      cifar10(options),
      imageFolder([8, 8, 3], options),
      tfrecord([8, 8, 3], 3, options),
    )
  })

const arbitraryExperiment: fc.Arbitrary<Experiment> = fc
  .tuple(arbitraryNet({ dropout: true }), data, fc.array(step, { maxLength: 4 }))
  .map(([net, spec, steps]) => experiment(net, spec, ...steps))

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
type Keys = readonly (string | number)[]

const json = (value: unknown): Json => JSON.parse(JSON.stringify(value))

const isRecord = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const childrenOf = (value: Json): readonly (readonly [string | number, Json])[] =>
  Array.isArray(value) ? value.map((each, nth) => [nth, each]) : isRecord(value) ? Object.entries(value) : []

/** Every value inside, with the keys that lead to it. */
const inside = (value: Json, keys: Keys = []): readonly (readonly [Keys, Json])[] => [
  [keys, value],
  ...childrenOf(value).flatMap(([key, child]) => inside(child, [...keys, key])),
]

/** The same with another value at a place; `undefined` takes the key away. */
const replaced = (value: Json, [key, ...rest]: Keys, by: Json | undefined): Json => {
  if (key === undefined) return by ?? null
  if (Array.isArray(value)) return value.map((each, nth) => (nth === key ? replaced(each, rest, by) : each))
  const entries = childrenOf(value).flatMap(([name, child]) =>
    name !== key
      ? [[name, child]]
      : rest.length === 0 && by === undefined
        ? []
        : [[name, replaced(child, rest, by)]],
  )
  return Object.fromEntries(
    isRecord(value) && !(key in value) && by !== undefined ? [...entries, [key, by]] : entries,
  )
}

/** Where decoding says the difference is. */
const differenceIn = (altered: Json): string => left(decode(experimentCodec)(altered)).at

/** A change of an experiment's JSON at a random place, and where that is. */
const changedAt = (places: (all: ReturnType<typeof inside>) => readonly Keys[]) =>
  arbitraryExperiment.chain(value => {
    const whole = json(value)
    return fc.tuple(fc.constant(whole), fc.constantFrom(...places(inside(whole))))
  })

const records = (all: ReturnType<typeof inside>) =>
  all.flatMap(([keys, value]) => (isRecord(value) ? [keys] : []))

describe('through JSON', () => {
  test('a decoded net equals the encoded one', () => {
    fc.assert(
      fc.property(arbitraryNet({ dropout: true }), net => {
        expect(right(decode(netCodec)(json(net)))).toEqual(net)
        expect(json(netCodec.encode(net))).toEqual(json(net))
      }),
      { numRuns: 60 },
    )
  })

  test('a decoded experiment equals the encoded one', () => {
    fc.assert(
      fc.property(arbitraryExperiment, value => {
        const written = json(experimentCodec.encode(value))
        expect(right(decode(experimentCodec)(written))).toEqual(value)
      }),
      { numRuns: 100 },
    )
  })
})

describe('a difference is refused where it is', () => {
  test('a key that is unknown', () => {
    fc.assert(
      fc.property(changedAt(records), ([whole, keys]) => {
        expect(differenceIn(replaced(whole, [...keys, 'strange'], 1))).toBe([...keys, 'strange'].join('.'))
      }),
      { numRuns: 100 },
    )
  })

  test('a key that is missing', () => {
    const onlyKey = (key: string) =>
      ['params', 'macs', 'bytes', 'keep', 'atMost', 'eta', 'mixup', 'cutmix'].includes(key)
    const isWord = (key: unknown) => ['after', 'before', 'inside', 'deepen', 'to', 'widen'].includes(`${key}`)
    const mayMiss = (keys: Keys, key: string) =>
      (key === 'at' && ['growths', 'candidates'].includes(`${keys.at(-2)}`)) ||
      ['probability', 'prune'].includes(key)
    const known = (all: ReturnType<typeof inside>) =>
      all.flatMap(([keys, value]) =>
        isRecord(value)
          ? Object.keys(value).flatMap(key => (onlyKey(key) || mayMiss(keys, key) ? [] : [[...keys, key]]))
          : [],
      )
    fc.assert(
      fc.property(changedAt(known), ([whole, keys]) => {
        const at = isWord(keys.at(-1)) ? keys.slice(0, -1) : keys // without its word nobody knows which growth it is
        expect(differenceIn(replaced(whole, keys, undefined))).toBe(at.join('.'))
      }),
      { numRuns: 100 },
    )
  })

  test('a tag there is not', () => {
    const tags = (all: ReturnType<typeof inside>) =>
      records(all).flatMap(keys =>
        all.some(([each]) => each.join() === [...keys, '_tag'].join()) ? [keys] : [],
      )
    fc.assert(
      fc.property(changedAt(tags), ([whole, keys]) => {
        expect(differenceIn(replaced(whole, [...keys, '_tag'], 'nothing'))).toBe([...keys, '_tag'].join('.'))
      }),
      { numRuns: 100 },
    )
  })

  test('a value of another kind', () => {
    const leaves = (all: ReturnType<typeof inside>) =>
      all.flatMap(([keys, value]) => (typeof value === 'object' ? [] : [keys]))
    fc.assert(
      fc.property(changedAt(leaves), ([whole, keys]) => {
        const at = keys.join('.')
        // a value that may also be a record says what is odd in it
        expect([at, `${at}.odd`]).toContain(differenceIn(replaced(whole, keys, { odd: true })))
      }),
      { numRuns: 100 },
    )
  })

  test('the error says what is expected', () => {
    const whole = json(experiment(fixed, mnist(), train(), untilTarget({ keep: { params: 0.1 } }, prune())))
    const told = (keys: Keys, by: Json) => pipe(replaced(whole, keys, by), decode(experimentCodec), left)
    expect(told(['schedule', 0, 'epochs'], 1.5)).toMatchObject({
      _tag: 'DecodeError',
      at: 'schedule.0.epochs',
      expected: 'a whole number ≥ 1',
      got: '1.5',
    })
    expect(told(['schedule', 0, 'epoch'], 1).expected).toContain('epochs')
    expect(told(['schedule', 0, '_tag'], 'trian').expected).toContain('train')
    expect(told(['schedule', 1, 'target', 'keep', 'param'], 1)).toMatchObject({
      at: 'schedule.1.target.keep.param',
    })
    expect(told(['schedule', 1, 'target', 'keep'], {})).toMatchObject({
      at: 'schedule.1.target.keep',
      expected: 'an amount: one of params, macs, bytes',
    })
    expect(told(['net', 'body', 'layers', 0, 'padding'], -1)).toMatchObject({
      _tag: 'DecodeError',
      at: 'net.body.layers.0.padding',
      expected: '"same", "valid", a whole number ≥ 0, or [top, bottom, left, right]',
      got: '-1',
    })
    expect(told(['net', 'body', 'layers', 0, 'activation'], 'mish')).toMatchObject({
      at: 'net.body.layers.0.activation',
      got: '"mish"',
    })
    expect(told(['net', 'body', 'layers', 0, 'activation'], { _tag: 'leakyRelu', slope: 2 })).toMatchObject({
      at: 'net.body.layers.0.activation.slope',
      got: '2',
    })
  })
})
