import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { evaluationFeed, trainingFeed } from '../../src/data/pipeline/batches.js'
import { type Calibration, withSession } from '../../src/learn/criteria/calibration.js'
import {
  accuracyBy,
  classVarianceOf,
  collectFeatures,
  decisionFeatures,
  fewestFeatures,
  type Head,
  headOf,
} from '../../src/learn/criteria/decision-features.js'
import { bestFeatures, separationPower } from '../../src/learn/criteria/discriminants.js'
import { evaluate } from '../../src/learn/evaluation/evaluate.js'
import { featureStatistics } from '../../src/learn/evaluation/features.js'
import { inspectAlignment } from '../../src/learn/evaluation/inspect.js'
import { accuracyOf } from '../../src/learn/evaluation/score.js'
import { lowerForFeatures } from '../../src/learn/training/train.js'
import { stream } from '../../src/net/random.js'
import type { Model } from '../../src/net/weights.js'
import { net } from '../../src/net/words/combinators.js'
import { convBnAct, type DenseOptions, dense, globalAvgPool, image } from '../../src/net/words/leaves.js'
import { decisionOf } from '../../src/surgery/analysis/decision.js'
import { float64 } from '../support/engines.js'
import { modelOf } from '../support/nets/arbitrary.js'
import { placed, right } from '../support/nets/surgery.js'
import { tinyData } from '../support/nets/tiny.js'
import { succeed } from '../support/scratch.js'

const dataset = tinyData(20)
const batch = 10
const feed = evaluationFeed(dataset, dataset.validation, { batch })
const calibration: Calibration = { engine: float64, feed, batch, batches: feed.batches }

const heads: Readonly<Record<string, DenseOptions>> = {
  plain: {},
  normed: { norm: true },
  rectified: { activation: 'relu' },
  'clipped, without a bias': { activation: 'relu6', bias: false },
  'normed and squashed': { norm: true, activation: 'sigmoid' },
  swinging: { norm: true, activation: 'swish' },
  turning: { activation: 'tanh' },
}

const modelWith = (options: DenseOptions, features = 9): Model =>
  modelOf(3)(net('headed', image(6, 6, 1), convBnAct(features), globalAvgPool, dense(3, options)))

const decided = ({ net }: Model) => {
  const inferred = placed(net)
  return { inferred, decision: right(decisionOf(inferred)) }
}

/** The model whose head reads nothing of the other features. */
const onlyWith = (model: Model, kept: readonly number[]): Model => {
  const kernel = model.weights['dense/kernel'] ?? { shape: [], data: new Float32Array() }
  const data = kernel.data.map((value, i) => (kept.includes(Math.floor(i / 3)) ? value : 0))
  return { ...model, weights: { ...model.weights, 'dense/kernel': { ...kernel, data } } }
}

const validated = async (model: Model): Promise<number> =>
  accuracyOf(
    await succeed(evaluate(float64)(evaluationFeed(dataset, dataset.validation, { batch: 250 }))(model)),
  )

/** What a session that gives features shows to `look`. */
const seen = <A>(
  model: Model,
  look: (session: Parameters<typeof collectFeatures>[0]) => Promise<A>,
): Promise<A> => {
  const { decision } = decided(model)
  const infer = lowerForFeatures(batch, decision)(model)
  return succeed(withSession(calibration, { infer }, model, look))
}

describe.each(Object.entries(heads))('a head that is %s', (_, options) => {
  const model = modelWith(options)
  const { inferred, decision } = decided(model)
  const head = headOf(inferred, decision, model.weights)

  test('gives the logits of the net', async () => {
    const { rows } = await seen(model, session => collectFeatures(session, feed, 9))
    const logits = await seen(model, async session => {
      const { images } = await feed.batch(0, 0)
      return session.run('infer', { images }).logits ?? new Float32Array()
    })
    const got = rows.slice(0, batch).flatMap(row => [...head(row, [...row.keys()])])
    expect(got).toHaveLength(logits.length)
    got.forEach((value, i) => {
      expect(value).toBeCloseTo(logits[i] ?? Number.NaN, 5)
    })
  })

  test('on a few features equals a net that reads no others', async () => {
    const table = await seen(model, session => collectFeatures(session, feed, 9))
    for (const kept of [[0], [1, 2, 7], [8, 3, 4, 5, 6]])
      expect(accuracyBy(table, head, kept)).toBe(await validated(onlyWith(model, kept)))
  })

  test('includes its batch norm and activation', async () => {
    const alignment = await seen(model, session => inspectAlignment(inferred, decision)(session, feed))
    const table = await seen(model, session => collectFeatures(session, feed, 9))
    const order = bestFeatures(9, separationPower(classVarianceOf(table, 3, 9)))
    expect(Object.keys(alignment.byFeatures)).toEqual(['1', '2', '4', '8'])
    for (const [count, accuracy] of Object.entries(alignment.byFeatures))
      expect(accuracy).toBe(await validated(onlyWith(model, order.slice(0, Number(count)))))
  })
})

describe('an inspection', () => {
  const model = modelWith({}, 5)
  const { inferred, decision } = decided(model)

  test('equals plain loops over the features', async () => {
    const got = await seen(model, session => inspectAlignment(inferred, decision)(session, feed))
    const { rows, labels } = await seen(model, session => collectFeatures(session, feed, 5))
    const { means, within, between } = classVarianceOf({ rows, labels }, 3, 5)
    const power = [...separationPower(classVarianceOf({ rows, labels }, 3, 5))].toSorted((a, b) => b - a)
    expect(got.separation).toBeCloseTo((Math.log1p(power[0] ?? 0) + Math.log1p(power[1] ?? 0)) / 2, 9)
    const apart = (i: number, j: number) =>
      ((rows[i]?.[j] ?? 0) - (means[(labels[i] ?? 0) * 5 + j] ?? 0)) / Math.sqrt(within[j] ?? 0)
    const correlation = (j: number, k: number) =>
      rows.reduce((sum, _, i) => sum + apart(i, j) * apart(i, k), 0) / rows.length
    const pairs = [0, 1, 2, 3, 4].flatMap(j =>
      [0, 1, 2, 3, 4].flatMap(k => (j === k ? [] : [[j, k] as const])),
    )
    expect(got.correlation).toBeCloseTo(
      pairs.reduce((sum, [j, k]) => sum + correlation(j, k) ** 2, 0) / pairs.length,
      5,
    )
    const shares = [...between].toSorted((a, b) => b - a)
    const total = shares.reduce((a, b) => a + b)
    const held = (count: number) => shares.slice(0, count).reduce((a, b) => a + b, 0) / total
    expect(held(got.holding95)).toBeGreaterThanOrEqual(0.95)
    expect(held(got.holding95 - 1)).toBeLessThan(0.95)
    expect(held(got.holding99)).toBeGreaterThanOrEqual(0.99)
    expect(got.features).toBe(5)
  })

  test.each([
    [1, []],
    [2, ['1']],
    [5, ['1', '2', '4']],
    [8, ['1', '2', '4']],
  ])('of %i features counts them by powers of two', async (features, counts) => {
    const few = modelWith({}, features)
    const of = decided(few)
    const got = await seen(few, session => inspectAlignment(of.inferred, of.decision)(session, feed))
    expect(Object.keys(got.byFeatures)).toEqual(counts)
  })
})

test('the correlations of the best features alone are those among all of them', async () => {
  const model = modelWith({}, 6)
  const of = (most: number) => succeed(featureStatistics(float64, feed, most)(model))
  const [all, few] = [await of(99), await of(4)]
  expect([all.compared, few.compared, few.size]).toEqual([6, 4, 6])
  expect(few.separation).toEqual(all.separation)
  expect([...all.separation]).toEqual([...all.separation].toSorted((a, b) => b - a))
  const at = ({ correlation, compared }: typeof all, j: number, k: number) => correlation[j * compared + k]
  const pairs = [0, 1, 2, 3].flatMap(j => [0, 1, 2, 3].map(k => [j, k] as const))
  for (const [j, k] of pairs) expect(at(few, j, k)).toBeCloseTo(at(all, j, k) ?? Number.NaN, 9)
  const squares = pairs.filter(([j, k]) => j !== k).map(([j, k]) => (at(few, j, k) ?? 0) ** 2)
  expect(few.redundancy).toBeCloseTo(squares.reduce((a, b) => a + b) / squares.length, 9)
  expect(few.redundancy).toBeGreaterThan(0)
})

test('the fewest features hold the accuracy of all, and one fewer does not', () => {
  const size = 7
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 1, max: 40 }), (seed, images) => {
      const draw = stream(seed, 'table')
      const labels = Array.from({ length: images }, () => Math.floor(3 * draw()))
      const rows = labels.map(label =>
        Float32Array.from({ length: size }, (_, j) => 2 * draw() - 1 + (j % 3 === label ? j / size : 0)),
      )
      const kernel = Float32Array.from({ length: size * 3 }, (_, i) =>
        Math.floor(i / 3) % 3 === i % 3 ? draw() : 0.2 * draw(),
      )
      const head: Head = (row, kept) =>
        Float64Array.from([0, 1, 2], c =>
          kept.reduce((sum, j) => sum + (row[j] ?? 0) * (kernel[j * 3 + c] ?? 0), 0),
        )
      const table = { rows, labels }
      const order = bestFeatures(size, separationPower(classVarianceOf(table, 3, size)))
      const kept = fewestFeatures(table, head, order)
      const accuracy = (count: number) => accuracyBy(table, head, order.slice(0, count))
      expect(kept).toEqual(order.slice(0, kept.length))
      expect(kept.length).toBeGreaterThan(0)
      expect(accuracy(kept.length)).toBeGreaterThanOrEqual(accuracy(size) - 0.005)
      if (kept.length > 1) expect(accuracy(kept.length - 1)).toBeLessThan(accuracy(size) - 0.005)
    }),
  )
})

test('of a net that uses two of its features, those are kept, by the calibration images', async () => {
  const model = onlyWith(modelWith({}), [2, 5])
  const training = trainingFeed(dataset, { batch, seed: 0, balanced: true, augment: false })
  const over: Calibration = { engine: float64, feed: training, batch, batches: 4 }
  const { inferred, decision } = decided(model)
  const table = await succeed(
    withSession(over, { infer: lowerForFeatures(batch, decision)(model) }, model, session =>
      collectFeatures(session, { ...training, batches: 4 }, 9),
    ),
  )
  expect(table.rows).toHaveLength(40)
  const kept = decisionFeatures(model, table, decision)
  const head = headOf(inferred, decision, model.weights)
  const order = bestFeatures(9, separationPower(classVarianceOf(table, 3, 9)))
  expect(kept).toEqual(order.slice(0, kept.length))
  expect(accuracyBy(table, head, kept)).toBeGreaterThanOrEqual(accuracyBy(table, head, order) - 0.005)
  expect(kept.length).toBeLessThanOrEqual(Math.max(order.indexOf(2), order.indexOf(5)) + 1)
})

test.each([{}, { norm: true }])(
  'a linear 1×1 convolution decides on the mean of its map: %o',
  async options => {
    const model = modelOf(3)(
      net(
        'mapped',
        image(6, 6, 1),
        convBnAct(9),
        convBnAct(3, 1, { activation: null, ...options }),
        globalAvgPool,
      ),
    )
    const { inferred, decision } = decided(model)
    expect(decision).toEqual({ head: 'conv2', features: 'conv', size: 9 })
    await seen(model, async session => {
      const head = headOf(inferred, decision, model.weights)
      const table = await collectFeatures(session, feed, decision.size)
      const every = [...Array(decision.size).keys()]
      const { logits = new Float32Array() } = session.run('infer', {
        images: (await feed.batch(0, 0)).images,
      })
      for (const [nth, row] of table.rows.slice(0, batch).entries())
        head(row, every).forEach((value, c) => {
          expect(value).toBeCloseTo(logits[3 * nth + c] ?? Number.NaN, 4)
        })
      expect(decisionFeatures(model, table, decision).length).toBeLessThanOrEqual(9)
    })
  },
)
