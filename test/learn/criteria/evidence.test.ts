/** A user's criterion on evidence that an engine measures. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { expect, test, vi } from 'vitest'
import { trainingFeed } from '../../../src/data/pipeline/batches.js'
import {
  type Activations,
  activations,
  classVariance,
  type Gradients,
  gradients,
  ldaUtilities,
  measureUtilities,
  noEvidence,
  taylorUtilities,
} from '../../../src/learn/index.js'
import { type Criterion, l1, perCost, prune } from '../../../src/surgery/index.js'
import { float64 } from '../../support/engines.js'
import { modelOf } from '../../support/nets/arbitrary.js'
import { right } from '../../support/nets/surgery.js'
import { tinyData, tinyNet } from '../../support/nets/tiny.js'
import { failure, succeed } from '../../support/scratch.js'

const batch = 9
const feed = trainingFeed(tinyData(), { batch, seed: 0, augment: false })
const calibration = { engine: float64, feed, batch, batches: 2 }
const model = modelOf(2)(tinyNet)

/** The largest distance of a channel's class means from its mean. */
const farthest: Criterion<Activations> = (_, seen) =>
  E.right(
    Object.fromEntries(
      [...seen].map(([path, moments]) => {
        const { means, overall } = classVariance(moments)
        return [
          path,
          overall.map((mean, j) =>
            Math.max(...[0, 1, 2].map(c => Math.abs((means[c * moments.size + j] ?? 0) - mean))),
          ),
        ]
      }),
    ),
  )

test('computes utilities from activations, and prunes by them', async () => {
  const pruned = await succeed(
    pipe(
      model,
      measureUtilities(activations, perCost('params', 0.5)(farthest))(calibration),
      TE.flatMapEither(by => prune({ keep: { params: 0.5 }, by })(model)),
    ),
  )
  expect(pruned.removed.length).toBeGreaterThan(0)
  const seen = await succeed(activations(calibration)(model))
  expect([...seen.keys()]).toEqual(Object.keys(await succeed(ldaUtilities(calibration)(model))))
  expect(seen.get('conv')?.counts.reduce((a, b) => a + b)).toBe(2 * batch)
})

test('computes utilities from gradients of any weights, batch by batch', async () => {
  /** Σ|w · ∂L/∂w| of each filter. */
  const saliency: Criterion<readonly Gradients[]> = ({ weights }, batches) => {
    const { data = new Float32Array(), shape = [] } = weights['conv/kernel'] ?? {}
    const sums = new Float64Array(shape.at(-1) ?? 0)
    for (const gradients of batches)
      data.forEach((value, i) => {
        const filter = i % sums.length
        sums[filter] = (sums[filter] ?? 0) + Math.abs(value * (gradients['conv/kernel']?.[i] ?? Number.NaN))
      })
    return E.right({ conv: sums })
  }
  const kernel = gradients(key => key === 'conv/kernel')
  expect((await succeed(kernel(calibration)(model))).map(gradients => Object.keys(gradients))).toEqual([
    ['conv/kernel'],
    ['conv/kernel'],
  ])
  const { conv = [] } = await succeed(measureUtilities(kernel, saliency)(calibration)(model))
  expect(conv).toHaveLength(6)
  expect(Array.from(conv).every(value => value > 0)).toBe(true)
})

test('needs no evidence where weights suffice', async () => {
  const batchOf = vi.fn(feed.batch)
  const watched = { ...calibration, feed: { ...feed, batch: batchOf } }
  expect(await succeed(measureUtilities(noEvidence, l1)(watched)(model))).toEqual(right(l1(model, undefined)))
  expect(batchOf).not.toHaveBeenCalled()
  await succeed(taylorUtilities(watched)(model))
  expect(batchOf).toHaveBeenCalledTimes(2)
})

test('passes on the error of the criterion', async () => {
  const refusing: Criterion<Activations> = () => E.left({ _tag: 'NoDecision', got: [] })
  expect(await failure(measureUtilities(activations, refusing)(calibration)(model))).toEqual({
    _tag: 'NoDecision',
    got: [],
  })
})
