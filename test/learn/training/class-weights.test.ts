/** Weights of classes in the loss: by formula, against a loss computed by hand, and as options. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { imagesInMemory } from '../../../src/data/dataset.js'
import { glyphs } from '../../../src/data/spec.js'
import { decode } from '../../../src/io/codec.js'
import { trainCodec } from '../../../src/learn/codec.js'
import { type ClassWeights, trainDefaults } from '../../../src/learn/options.js'
import { classWeightsFor } from '../../../src/learn/training/class-weights.js'
import { hardLoss, lowerForTraining, weightGradients } from '../../../src/learn/training/train.js'
import { train } from '../../../src/learn/training/transforms.js'
import type { Weights } from '../../../src/net/weights.js'
import { renderMessage } from '../../../src/report/text/render-message.js'
import { checkRun } from '../../../src/run/schedule/check.js'
import { experiment } from '../../../src/run/schedule/experiment.js'
import { train as step, untilTarget } from '../../../src/run/schedule/schedule.js'
import { available, float64 } from '../../support/engines.js'
import { fedWith, modelOf } from '../../support/nets/arbitrary.js'
import { evaluate } from '../../support/nets/reference.js'
import { left, numbersOf, placed, right } from '../../support/nets/surgery.js'
import { freeNet, tinyData } from '../../support/nets/tiny.js'
import { failure, succeed } from '../../support/scratch.js'

const labelled = (labels: readonly number[]) =>
  imagesInMemory(new Uint8Array(labels.length), Int32Array.from(labels))

const names = ['a', 'b', 'c', 'd']

test('balanced weights make every class count alike, and an image 1 on average', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 40 }), labels => {
      const data = { name: 'some', classes: names, train: labelled(labels) }
      const weights = right(classWeightsFor('balanced')(data))
      const sums = names.map(
        (_, label) => labels.filter(each => each === label).length * (weights[label] ?? 0),
      )
      const present = sums.filter(sum => sum > 0)
      for (const sum of present) expect(sum).toBeCloseTo(labels.length / present.length, 4)
      expect(sums.reduce((a, b) => a + b)).toBeCloseTo(labels.length, 4)
    }),
  )
})

test('weights by name are 1 where a class is not named; another name is refused', () => {
  const data = { name: 'some', classes: names, train: labelled([0, 1]) }
  expect([...right(classWeightsFor({ b: 3, d: 0 })(data))]).toEqual([1, 3, 1, 0])
  expect(renderMessage(left(classWeightsFor({ e: 3 })(data)))).toBe(
    'some, classWeights: expected names of its classes, such as a, b, c, d, got e',
  )
})

const weighted = { labelSmoothing: 0.1, classWeights: 'balanced' } as const
const batch = 5
const labels = [0, 2, 2, 1, 2]
const given = Float32Array.of(2, 0.5, 1.25)

/** The loss, and the gradients of all weights, of five images in float64. */
const lossOf = (options: { readonly labelSmoothing: number; readonly classWeights: ClassWeights | null }) => {
  const model = modelOf(3)(freeNet)
  const graph = right(lowerForTraining({ batchSize: batch, freeze: [] })(placed(freeNet)))
  const loss = hardLoss(options, graph)
  const gradients = weightGradients(graph, loss).map(({ key, gradient }) => [key, gradient] as const)
  const targets = Float32Array.from({ length: 3 * batch }, (_, at) =>
    labels[Math.floor(at / 3)] === at % 3 ? 1 : 0,
  )
  const images = fedWith(1, 'images', [batch, ...freeNet.input])
  const { outputs } = evaluate(
    { outputs: { loss, logits: graph.logits, ...Object.fromEntries(gradients) }, updates: [] },
    { images, targets, classWeights: given },
    numbersOf(model),
  )
  return outputs
}

test('the loss is the mean of each image’s, times the weight of its class', () => {
  const { loss, logits = new Float64Array() } = lossOf(weighted)
  const byHand = labels.map((label, nth) => {
    const row = [...logits.subarray(3 * nth, 3 * nth + 3)]
    const sum = Math.log(row.reduce((total, logit) => total + Math.exp(logit), 0))
    const share = (c: number) => (c === label ? 0.9 : 0) + 0.1 / 3
    return (given[label] ?? 0) * row.reduce((total, logit, c) => total + share(c) * (sum - logit), 0)
  })
  expect(loss?.[0]).toBeCloseTo(byHand.reduce((a, b) => a + b) / batch, 10)
})

test('without weights nothing changes, and equal weights scale every gradient alike', () => {
  const plain = lossOf({ labelSmoothing: 0.1, classWeights: null })
  given.fill(2)
  const doubled = lossOf(weighted)
  for (const [key, values] of Object.entries(plain))
    if (key !== 'logits')
      for (const [nth, value] of values.entries()) expect(doubled[key]?.[nth]).toBeCloseTo(2 * value, 8)
  given.set([2, 0.5, 1.25])
})

test('training with weights differs from training without, alike on all engines', async () => {
  const model = modelOf(3)(freeNet)
  const dataset = tinyData()
  const options = { epochs: 1, batchSize: 12, learningRate: 0.001, classWeights: { row: 4, diagonal: 0.25 } }
  const learnt: Weights[] = []
  for (const [, engine] of await available(['cpu', 'wasm'])) {
    const context = { engine, dataset, seed: 0 }
    const { model: found } = await succeed(train(options)(context)(model))
    const { model: even } = await succeed(train({ ...options, classWeights: null })(context)(model))
    expect(even.weights).not.toEqual(found.weights)
    expect(found.weights).not.toEqual(model.weights)
    learnt.push(found.weights)
  }
  const [first = {}, ...others] = learnt
  for (const other of others)
    for (const [key, { data }] of Object.entries(first))
      for (const [nth, value] of data.entries()) expect(other[key]?.data[nth]).toBeCloseTo(value, 4)
})

test('weights of a name that is no class are refused', async () => {
  const context = { engine: float64, dataset: tinyData(), seed: 0 }
  const options = { batchSize: 12, classWeights: { column: 2, rows: 4 } }
  expect(await failure(train(options)(context)(modelOf(3)(freeNet)))).toMatchObject({
    _tag: 'BadOption',
    got: 'rows',
  })
})

test('a name that is no class is refused before anything trains, inside rounds too', () => {
  const dataset = tinyData()
  const check = (classWeights: ClassWeights) => {
    const steps = untilTarget({ keep: { params: 0.5 } }, step({ batchSize: 6, classWeights }))
    return checkRun(dataset, experiment(freeNet, glyphs(), step({ batchSize: 6 }), steps))(placed(freeNet))
  }
  expect(renderMessage(left(check({ rows: 2 })))).toMatch(/classWeights: expected names of its classes/)
  expect(right(check({ row: 2 }))).toBe(undefined)
})

test('as options they are read and written; others are refused', () => {
  const read = (classWeights: unknown) => decode(trainCodec)({ ...trainDefaults, classWeights })
  for (const weights of [null, 'balanced', {}, { a: 0, 'b c': 2.5 }])
    expect(right(read(weights))).toEqual({ ...trainDefaults, classWeights: weights })
  const message = (weights: unknown) => renderMessage(left(read(weights)))
  expect(message('even')).toBe(
    `classWeights: expected 'balanced', or a number ≥ 0 for names of classes or null, got "even"`,
  )
  expect(message({ a: -1 })).toBe('classWeights.a: expected a number ≥ 0, got -1')
})
