/** Gradient accumulation: steps of the optimizer on the mean of the gradients of several batches. */
import { describe, expect, test } from 'vitest'
import { glyphs } from '../../../src/data/spec.js'
import type { Engine } from '../../../src/engine/engine.js'
import { adamw } from '../../../src/graph/optimizer.js'
import type { TrainOptions } from '../../../src/learn/options.js'
import { constant, cosine } from '../../../src/learn/training/learning-rate.js'
import { push, train } from '../../../src/learn/training/transforms.js'
import type { Model } from '../../../src/net/weights.js'
import { relu } from '../../../src/net/words/activations.js'
import { net } from '../../../src/net/words/combinators.js'
import { conv, dense, flatten, image } from '../../../src/net/words/leaves.js'
import { renderMessage } from '../../../src/report/text/render-message.js'
import { checkRun } from '../../../src/run/schedule/check.js'
import { experiment } from '../../../src/run/schedule/experiment.js'
import { train as trainStep } from '../../../src/run/schedule/schedule.js'
import { available } from '../../support/engines.js'
import { modelOf } from '../../support/nets/arbitrary.js'
import { left } from '../../support/nets/surgery.js'
import { tinyData, tinyNet } from '../../support/nets/tiny.js'
import { again, expectSame, lastOf, told } from '../../support/running.js'
import { failure, succeed } from '../../support/scratch.js'

const engine = (await available(['wasm']))[0]?.[1] as Engine // comes with the package
const dataset = tinyData()
const context = { engine, dataset, seed: 4 }

/** Without batch norm and dropout, so that a batch is no more than its images. */
const plainNet = net('plain', image(6, 6, 1), conv(5, 3), relu, flatten, dense(3))

const expectNear = (got: Model, expected: Model): void => {
  for (const [key, { data }] of Object.entries(expected.weights))
    for (const [i, value] of data.entries()) expect(got.weights[key]?.data[i]).toBeCloseTo(value, 4)
}

describe('steps on four batches of three', () => {
  const whole: Partial<TrainOptions> = {
    epochs: 2,
    batchSize: 12,
    learningRate: 0.05,
    lrSchedule: cosine({ warmup: 2 }),
  }
  const parts: Partial<TrainOptions> = { ...whole, batchSize: 3, accumulate: 4 }
  const model = modelOf(2)(plainNet)

  test.each<readonly [string, Partial<TrainOptions>]>([
    ['sgd', {}],
    ['adamw', { optimizer: adamw(), learningRate: 0.01 }],
    ['clipping and a lookahead', { clipNorm: 0.1, average: { every: 2, decay: 0.5, lookahead: true } }],
  ])('are steps on one of twelve, by %s', async (_, options) => {
    const { model: expected } = await succeed(train({ ...whole, ...options })(context)(model))
    const { model: got } = await succeed(train({ ...parts, ...options })(context)(model))
    expectNear(got, expected)
  })

  test('are steps on one of twelve, in a push without a fade', async () => {
    const even = { balanced: false, fade: null }
    const { model: expected } = await succeed(push({ ...whole, ...even })(context)(model))
    const { model: got } = await succeed(push({ ...parts, ...even })(context)(model))
    expectNear(got, expected)
  })
})

test('running statistics follow every batch', async () => {
  const model = modelOf(2)(tinyNet)
  const still = { batchSize: 9, learningRate: 0 }
  const { model: expected } = await succeed(train(still)(context)(model))
  const { model: got } = await succeed(train({ ...still, accumulate: 4 })(context)(model))
  expect(got.weights).toEqual(expected.weights)
})

test.each([1, 3, 6])(
  'a run stopped after batch %i and taken up again is as if never stopped',
  async after => {
    const steps = trainStep({ epochs: 2, batchSize: 9, accumulate: 4, lrSchedule: constant() })
    const run = experiment(tinyNet, glyphs(), steps)
    const first = await told(engine, run, { after })
    const resumed = await told(engine, run, { from: await again(lastOf(first)), log: first.log })
    expectSame(resumed, await told(engine, run))
  },
)

describe('is refused', () => {
  const model = modelOf(2)(tinyNet)

  test.each([
    [3, 2],
    [8, 4],
  ])('where epochs of 4 batches are no whole steps of %i', (accumulate, nearest) => {
    const run = experiment(tinyNet, glyphs(), trainStep({ batchSize: 9, accumulate }))
    expect(renderMessage(left(checkRun(dataset, run)(model)))).toBe(
      `accumulate: expected a divisor of the 4 batches of an epoch, such as ${nearest}, got ${accumulate}`,
    )
  })

  test('beside a fade', async () => {
    expect(await failure(push({ batchSize: 9, accumulate: 2 })(context)(model))).toMatchObject({
      _tag: 'WrongOption',
      option: 'accumulate',
    })
  })
})
