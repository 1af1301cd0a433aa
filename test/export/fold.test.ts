import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { foldNorm } from '../../src/convert/rewrite/fold-norm.js'
import { topologicalOrder, type Value } from '../../src/graph/graph.js'
import { lower } from '../../src/graph/lower.js'
import type { Model, Weights } from '../../src/net/weights.js'
import { relu } from '../../src/net/words/activations.js'
import { net, residual, stack } from '../../src/net/words/combinators.js'
import { batchNorm, convBnAct, dense, globalAvgPool, image } from '../../src/net/words/leaves.js'
import { arbitraryModel, modelOf } from '../support/nets/arbitrary.js'
import { evaluate } from '../support/nets/reference.js'
import { apart, imagesFor, models } from '../support/programs/exported.js'

const numbers = (weights: Weights) =>
  Object.fromEntries(Object.entries(weights).map(([key, { data }]) => [key, data]))

const given = (logits: Value, weights: Weights, images: Float32Array): ArrayLike<number> =>
  evaluate({ outputs: { logits }, updates: [] }, { images }, numbers(weights)).outputs.logits ?? []

const folded = (model: Model) => {
  const { logits } = lower({ batch: 1, mode: 'inference' })(model)
  const { now, weights } = foldNorm(topologicalOrder([logits]), model.weights)
  return { logits, after: now(logits), weights }
}

const normsIn = (value: Value): number =>
  topologicalOrder([value]).filter(({ op }) => op.kind === 'normalise').length

describe('folded batch norms', () => {
  test('preserve the outputs', () => {
    fc.assert(
      fc.property(arbitraryModel(), model => {
        const { logits, after, weights } = folded(model)
        const images = imagesFor(model, 1)
        expect(apart(given(logits, model.weights, images), given(after, weights, images))).toBeLessThan(1e-5)
      }),
      { numRuns: 100 },
    )
  })

  test('are removed after convolutions, depthwise ones and dense layers', () => {
    expect(normsIn(folded(models.inception).after)).toBe(0)
    expect(normsIn(folded(models.separable).after)).toBe(0)
  })

  test('remain where others read the product, or without a product', () => {
    const bare = convBnAct(4, 3, { norm: false, bias: false, activation: null })
    const model = modelOf(3)(
      net(
        'read',
        image(5, 5, 2),
        bare,
        residual('r', stack('body', batchNorm(), relu, convBnAct(4))),
        globalAvgPool,
        dense(2),
      ),
    )
    const { logits, after, weights } = folded(model)
    const images = imagesFor(model, 1)
    expect(normsIn(after)).toBe(1)
    expect(apart(given(logits, model.weights, images), given(after, weights, images))).toBeLessThan(1e-5)
  })

  test('do not modify the given weights', () => {
    const before = models.inception.weights['stem/conv/kernel']?.data.slice()
    folded(models.inception)
    expect(models.inception.weights['stem/conv/kernel']?.data).toEqual(before)
  })
})
