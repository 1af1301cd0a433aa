/** The last layer of a pruned net fitted to the logits there were. */

import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, test } from 'vitest'
import { trainingFeed } from '../../src/data/pipeline/batches.js'
import { glyphs } from '../../src/data/spec.js'
import type { Engine } from '../../src/engine/engine.js'
import { type Calibration, foldBatches, withSession } from '../../src/learn/criteria/calibration.js'
import { recalibrate } from '../../src/learn/repair/recalibrate.js'
import { refitHead } from '../../src/learn/repair/refit-head.js'
import { lowerForFeatures } from '../../src/learn/training/train.js'
import type { Net } from '../../src/net/tree.js'
import { weightKey } from '../../src/net/weight-specs.js'
import type { Model } from '../../src/net/weights.js'
import { net } from '../../src/net/words/combinators.js'
import { conv, convBnAct, dense, globalAvgPool, image, maxPool } from '../../src/net/words/leaves.js'
import { renderMessage } from '../../src/report/text/render-message.js'
import { checkSchedule } from '../../src/run/schedule/check.js'
import { experiment } from '../../src/run/schedule/experiment.js'
import { prune as pruneStep, train } from '../../src/run/schedule/schedule.js'
import { decisionOf } from '../../src/surgery/analysis/decision.js'
import { prune } from '../../src/surgery/prune/prune.js'
import { available, float64 } from '../support/engines.js'
import { modelOf } from '../support/nets/arbitrary.js'
import { left, right, utilitiesOf } from '../support/nets/surgery.js'
import { tinyData, tinyNet } from '../support/nets/tiny.js'
import { eventsOf, told } from '../support/running.js'
import { failure, succeed } from '../support/scratch.js'

const calibration: Calibration = {
  engine: float64,
  feed: trainingFeed(tinyData(), { batch: 12, seed: 0, balanced: true, augment: false }),
  batch: 12,
  batches: 3,
}

const ridge = 1e-3

/** Features and logits of every image. */
const answers = async (model: Model) => {
  const decision = right(decisionOf(model))
  const infer = lowerForFeatures(calibration.batch, decision)(model)
  return succeed(
    withSession(calibration, { infer }, model, session =>
      foldBatches<{ features: readonly number[]; logits: readonly number[] }>(
        calibration,
        { features: [], logits: [] },
        ({ images }) =>
          before => {
            const { features = [], logits = [] } = session.run('infer', { images })
            return { features: [...before.features, ...features], logits: [...before.logits, ...logits] }
          },
      ),
    ),
  )
}

const bare = net(
  'bare',
  image(6, 6, 1),
  conv(6, 3, { activation: 'relu' }),
  maxPool(2),
  conv(8, 3, { activation: 'relu' }),
  globalAvgPool,
  dense(3),
)

const averaged = net(
  'averaged',
  image(6, 6, 1),
  convBnAct(6),
  convBnAct(7),
  conv(3, 1, { name: 'end' }),
  globalAvgPool,
)

const normed = net('normed', image(6, 6, 1), convBnAct(6), globalAvgPool, dense(3, { norm: true }))

const nets: readonly Net[] = [bare, tinyNet, averaged, normed]

/** Errors  OutOfReach where the seed gives no utility to the one layer that can shrink */
const tryCut = (model: Model, seed: number) =>
  prune({ keep: { params: 0.7 }, by: utilitiesOf(model.net, seed), normalize: 'raw' })(model)

const cutOf = (model: Model, seed: number) => right(tryCut(model, seed))

describe.each(nets.map(each => [each.name, each] as const))('the head of a net %s', (_, whole) => {
  const model = modelOf(3)(whole)

  test('is where the ridge has its least: the gradient of both terms is zero', async () => {
    const cut = cutOf(model, 5)
    const repaired = await succeed(refitHead(calibration)(model)(cut))
    const { head, size } = right(decisionOf(repaired))
    const [now, before] = [await answers(repaired), await answers(model)]
    const [key, old] = [weightKey(head, 'kernel'), cut.model.weights]
    const [kernel, was] = [repaired.weights[key]?.data ?? [], old[key]?.data ?? []]
    const images = now.features.length / size
    const means = Array.from(
      { length: size },
      (_, i) =>
        Array.from({ length: images }, (__, n) => now.features[n * size + i] ?? 0).reduce((a, b) => a + b) /
        images,
    )
    const x = (n: number, i: number) => (now.features[n * size + i] ?? 0) - (means[i] ?? 0)
    let trace = 0
    for (let n = 0; n < images; n++) for (let i = 0; i < size; i++) trace += x(n, i) ** 2
    const scaleOf = (c: number) => {
      const at = (slot: 'scale' | 'variance') => repaired.weights[weightKey(head, slot)]?.data[c]
      return (at('scale') ?? 1) / Math.sqrt((at('variance') ?? 1 - 1e-3) + 1e-3)
    }
    const isNormed = weightKey(head, 'scale') in repaired.weights
    for (let c = 0; c < 3; c++) {
      const scale = isNormed ? scaleOf(c) : 1
      const errors = Array.from(
        { length: images },
        (_, n) => ((before.logits[n * 3 + c] ?? 0) - (now.logits[n * 3 + c] ?? 0)) / scale,
      )
      const largest = Math.max(...before.logits.map(Math.abs))
      expect(Math.abs(errors.reduce((a, b) => a + b, 0)) / images).toBeLessThan(1e-5 * largest) // the constant is free
      for (let i = 0; i < size; i++) {
        const pull = ((ridge * trace) / size) * ((kernel[i * 3 + c] ?? 0) - (was[i * 3 + c] ?? 0))
        const slope = errors.reduce((sum, error, n) => sum + x(n, i) * error, 0)
        expect(Math.abs(slope - pull)).toBeLessThan(1e-4 * Math.max(1, Math.abs(pull)))
      }
    }
  })

  test('alone is fitted, beside batch norm', async () => {
    const cut = cutOf(model, 5)
    const { head } = right(decisionOf(cut.model))
    const measured = await succeed(recalibrate(calibration, [head])(cut.model))
    const repaired = await succeed(refitHead(calibration)(model)(cut))
    for (const [key, { data }] of Object.entries(repaired.weights))
      if (!key.startsWith(`${head}/`)) expect([...data]).toEqual([...(measured.weights[key]?.data ?? [])])
  })

  test('of which nothing is cut, and whose norms are measured, stays', async () => {
    const { head } = right(decisionOf(model))
    const measured = await succeed(recalibrate(calibration, [head])(model))
    const same = right(prune({ channels: {} })(measured))
    const repaired = await succeed(refitHead(calibration)(measured)(same))
    for (const [key, { data }] of Object.entries(repaired.weights))
      data.forEach((value, i) => {
        expect(Math.abs(value - (measured.weights[key]?.data[i] ?? Number.NaN))).toBeLessThan(1e-5)
      })
  })
})

test('gives every logit back where the features left can express it', async () => {
  const model = modelOf(3)(bare)
  const [kernel, bias] = [model.weights['conv2/kernel'], model.weights['conv2/bias']]
  if (kernel === undefined || bias === undefined) throw new Error('two convolutions')
  const twin = {
    shape: kernel.shape,
    data: kernel.data.map((value, i) => (i % 8 === 7 ? (kernel.data[i - 7] ?? 0) : value)),
  }
  const twins = {
    ...model,
    weights: {
      ...model.weights,
      'conv2/kernel': twin,
      'conv2/bias': { ...bias, data: bias.data.map((value, i) => (i === 7 ? (bias.data[0] ?? 0) : value)) },
    },
  }
  const cut = right(prune({ channels: { conv2: [7] } })(twins))
  const exact = await succeed(refitHead(calibration, { ridge: 1e-9 })(twins)(cut))
  const [got, expected] = [await answers(exact), await answers(twins)]
  got.logits.forEach((logit, i) => {
    expect(logit).toBeCloseTo(expected.logits[i] ?? Number.NaN, 4)
  })
})

test('never leaves the logits of the calibration images further away than batch norm alone', () =>
  fc.assert(
    fc.asyncProperty(fc.constantFrom(...nets), fc.nat(100), fc.nat(100), async (whole, weights, seed) => {
      const model = modelOf(weights)(whole)
      const found = tryCut(model, seed)
      fc.pre(E.isRight(found))
      const cut = right(found)
      const { head } = right(decisionOf(cut.model))
      const expected = await answers(model)
      const far = async (other: Model) =>
        (await answers(other)).logits.reduce(
          (sum, each, i) => sum + (each - (expected.logits[i] ?? 0)) ** 2,
          0,
        )
      const measured = await succeed(recalibrate(calibration, [head])(cut.model))
      const repaired = await succeed(refitHead(calibration)(model)(cut))
      expect(await far(repaired)).toBeLessThanOrEqual((await far(measured)) * (1 + 1e-6) + 1e-9)
    }),
    { numRuns: 8 },
  ))

const [usual = [null, null]] = await available(['wasm', 'cpu'])

test.runIf(usual[1] !== null)(
  'repairs the cut of a schedule, and of a training; without a head it is refused',
  async () => {
    const engine = usual[1] as Engine // runIf has looked
    const cut = { by: 'l1', keep: { macs: 0.5 }, repair: 'head' } as const
    const lossAfter = async (repair: 'batchNorm' | 'head') => {
      const steps = [train({ epochs: 6, batchSize: 9 }), pruneStep({ ...cut, repair })]
      const run = await told(engine, experiment(tinyNet, glyphs(), ...steps))
      return eventsOf(run).find(({ _tag }) => _tag === 'pruned').repaired.loss
    }
    expect(await lossAfter('head')).toBeLessThan(await lossAfter('batchNorm'))
    const within = experiment(tinyNet, glyphs(), train({ epochs: 3, batchSize: 9, prune: cut }))
    expect((await told(engine, within)).outcome).toBe('done')
    const mapped = net('mapped', image(6, 6, 1), convBnAct(4), convBnAct(3), globalAvgPool)
    const refused = left(checkSchedule(9)(experiment(mapped, glyphs(), pruneStep(cut))))
    expect(refused).toEqual({ _tag: 'NoDecision', got: ['conv', 'globalAvgPool'] })
    expect(renderMessage(refused)).not.toContain('undefined')
    const model = modelOf(1)(mapped)
    const same = right(prune({ channels: {} })(model))
    expect(await failure(refitHead(calibration)(model)(same))).toEqual({
      _tag: 'NoDecision',
      got: ['conv', 'globalAvgPool'],
    })
  },
)
