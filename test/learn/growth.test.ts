/** Growths scored by the gradient that their zero weights would get. */
import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, test } from 'vitest'
import type { Feed } from '../../src/data/pipeline/batches.js'
import { differentiate } from '../../src/graph/differentiate.js'
import { crossEntropy } from '../../src/graph/loss.js'
import { lower } from '../../src/graph/lower.js'
import * as op from '../../src/graph/operations.js'
import type { Calibration } from '../../src/learn/criteria/calibration.js'
import { candidateGradients } from '../../src/learn/growth/candidate-gradients.js'
import { channelsOf } from '../../src/net/shape.js'
import type { Model } from '../../src/net/weights.js'
import { type Grown, grow } from '../../src/surgery/grow/grow.js'
import { zeroMasks } from '../../src/surgery/grow/zero-weights.js'
import { float64 } from '../support/engines.js'
import { fedWith } from '../support/nets/arbitrary.js'
import { cases } from '../support/nets/arbitrary-growth.js'
import { evaluate } from '../support/nets/reference.js'
import { difference, numbersOf } from '../support/nets/surgery.js'
import { succeed } from '../support/scratch.js'

const batch = 6

const feedsOf = ({ net }: Model, classes: number) => ({
  images: fedWith(3, 'images', [batch, ...net.input]),
  targets: Float32Array.from({ length: batch * classes }, (_, i) =>
    i % classes === Math.floor(i / classes) % classes ? 1 : 0,
  ),
})

const calibrationOf = (model: Model, classes: number): Calibration => {
  const { images, targets } = feedsOf(model, classes)
  const feed = {
    batches: 1,
    batch: async () => ({ images, targets, labels: new Int32Array(batch) }),
  } as unknown as Feed // what is read of it
  return { engine: float64, feed, batch, batches: 1 }
}

const lowered = (model: Model) => lower({ batch, mode: 'training', dropout: false })(model)

const logitsOf = (model: Model): Float64Array => {
  const { logits } = lowered(model)
  const feeds = feedsOf(model, channelsOf(logits.shape))
  return (
    evaluate({ outputs: { logits }, updates: [] }, feeds, numbersOf(model)).outputs.logits ??
    new Float64Array()
  )
}

/** The norm of the gradient by the zero weights of a grown net by itself. */
const normAlone = (before: Model, grown: Grown): number => {
  const { logits, weights } = lowered(grown.model)
  const masks = Object.entries(zeroMasks(grown)(before.weights))
  const loss = crossEntropy(logits, op.input('targets', logits.shape))
  const gradients = differentiate()(
    loss,
    masks.map(([key]) => weights.get(key) ?? logits),
  )
  const outputs = Object.fromEntries(masks.map(([key], nth) => [key, gradients[nth] ?? logits]))
  const feeds = feedsOf(before, channelsOf(logits.shape))
  const got = evaluate({ outputs, updates: [] }, feeds, numbersOf(grown.model)).outputs
  const squares = masks.flatMap(([key, { data }]) =>
    Array.from(got[key] ?? [], (value, at) => (data[at] ?? 0) * value ** 2),
  )
  return Math.sqrt(squares.reduce((a, b) => a + b, 0))
}

const isExactInTraining = (model: Model, { model: grown, inexact }: Grown): boolean =>
  inexact === null && difference(logitsOf(grown), logitsOf(model)) < 1e-6

describe('the gradient of a candidate', () => {
  test('beside another one is that of the grown net by itself', async () => {
    const seen = { exact: 0, above: 0 }
    await fc.assert(
      fc.asyncProperty(cases, fc.nat(), async ({ model, growth, seed }, other) => {
        const pair = [grow({ ...growth, seed })(model), grow({ ...growth, seed: other })(model)]
        const candidates = pair.flatMap(each => (E.isRight(each) ? [each.right] : []))
        if (candidates.length < 2 || !candidates.every(each => isExactInTraining(model, each))) return
        const classes = channelsOf(lowered(model).logits.shape)
        const gradients = await succeed(candidateGradients(calibrationOf(model, classes), candidates)(model))
        candidates.forEach((each, nth) => {
          const alone = normAlone(model, each)
          seen.exact++
          if (alone > 1e-6) seen.above++
          expect(Math.abs((gradients[nth] ?? Number.NaN) - alone)).toBeLessThan(1e-4 * Math.max(1e-2, alone))
        })
      }),
      { numRuns: 40 },
    )
    expect(seen.exact).toBeGreaterThan(0)
    expect(seen.above).toBeGreaterThan(0)
  }, 60_000)
})
