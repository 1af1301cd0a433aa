import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Dataset } from '../../src/data/dataset.js'
import type { Engine } from '../../src/engine/engine.js'
import { evaluate, evaluationBatch, feedOfAll } from '../../src/learn/evaluation/evaluate.js'
import {
  accuracyOf,
  addScores,
  lossOf,
  noScore,
  type Score,
  scoreOf,
} from '../../src/learn/evaluation/score.js'
import { train } from '../../src/learn/training/transforms.js'
import type { Shape } from '../../src/net/shape.js'
import { float64 } from '../support/engines.js'
import { modelOf } from '../support/nets/arbitrary.js'
import { tinyData, tinyNet } from '../support/nets/tiny.js'
import { succeed } from '../support/scratch.js'

/** Logits and labels of a batch, the last images of which only fill it up. */
const answered = fc
  .record({ classes: fc.integer({ min: 1, max: 6 }), size: fc.nat(8), padding: fc.nat(3) })
  .chain(({ classes, size, padding }) =>
    fc.record({
      classes: fc.constant(classes),
      size: fc.constant(size),
      logits: fc.array(fc.float({ min: -200, max: 200, noNaN: true }), {
        minLength: (size + padding) * classes,
        maxLength: (size + padding) * classes,
      }),
      labels: fc
        .array(fc.nat(classes - 1), { minLength: size, maxLength: size })
        .map(labels => Int32Array.from([...labels, ...new Array<number>(padding).fill(-1)])),
    }),
  )

/** As the definitions read, in float64. */
const plainly = (logits: Float32Array, labels: Int32Array, size: number, classes: number): Score => {
  let [correct, nats] = [0, 0]
  for (let n = 0; n < size; n++) {
    const row = [...logits.subarray(n * classes, (n + 1) * classes)]
    const label = labels[n] ?? 0
    const top = Math.max(...row)
    if (row.every((logit, c) => (c < label ? logit < (row[label] ?? 0) : logit <= (row[label] ?? 0))))
      correct++
    nats -= (row[label] ?? 0) - top - Math.log(row.map(x => Math.exp(x - top)).reduce((a, b) => a + b))
  }
  return { images: size, correct, nats }
}

const expectClose = (got: Score, expected: Score): void => {
  expect([got.images, got.correct]).toEqual([expected.images, expected.correct])
  expect(got.nats).toBeCloseTo(expected.nats, 6)
}

describe('scoreOf', () => {
  test('equals accuracy and cross-entropy by plain loops; padding is not counted', () => {
    fc.assert(
      fc.property(answered, ({ logits, labels, size, classes }) => {
        const given = Float32Array.from(logits)
        expectClose(scoreOf(given, { labels, size }), plainly(given, labels, size, classes))
      }),
    )
  })

  test('of two batches is the sum of their scores', () => {
    fc.assert(
      fc.property(answered, fc.nat(8), ({ logits, labels, size, classes }, at) => {
        const cut = Math.min(at, size)
        const given = Float32Array.from(logits)
        const part = (from: number, to: number) =>
          scoreOf(given.slice(from * classes, to * classes), {
            labels: labels.slice(from, to),
            size: to - from,
          })
        fc.pre(size > 0 && cut > 0 && cut < size)
        expectClose(addScores(part(0, cut), part(cut, size)), scoreOf(given, { labels, size }))
      }),
    )
  })

  test('of equal logits the first is the prediction', () => {
    const tied = Float32Array.of(1, 1, 0, 2, 2, 2)
    expect(scoreOf(tied, { labels: Int32Array.of(0, 1), size: 2 }).correct).toBe(1)
  })

  test('NaN logits give a NaN loss and no correct prediction', () => {
    const score = scoreOf(Float32Array.of(Number.NaN, 1), { labels: Int32Array.of(0), size: 1 })
    expect([score.correct, lossOf(score)]).toEqual([0, Number.NaN])
  })

  test('huge logits give a finite loss', () => {
    const score = scoreOf(Float32Array.of(1e30, 0, 0, 1e30), { labels: Int32Array.of(0, 0), size: 2 })
    expect(score.correct).toBe(1)
    expect(lossOf(score)).toBeCloseTo(0.5 * Math.fround(1e30), -24)
  })
})

test('no images give accuracy 0 and loss 0', () => {
  expect([accuracyOf(noScore), lossOf(noScore)]).toEqual([0, 0])
})

describe('a feed of all images', () => {
  const data = tinyData()
  const imagesOf = (size: number): Dataset['test'] => ({ ...data.test, size })

  test('has as few batches as hold them, and at most one image of padding in each', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), size => {
        const { batches, batchSize } = feedOfAll(data, imagesOf(size))
        expect(batches).toBe(Math.ceil(size / evaluationBatch))
        expect(batchSize).toBeLessThanOrEqual(evaluationBatch)
        expect(batches * batchSize - size).toBeLessThan(batches)
      }),
    )
  })

  test('of no image has no batch', () => {
    expect(feedOfAll(data, imagesOf(0)).batches).toBe(0)
  })

  test('is scored in calls of its batches, in training too', async () => {
    const shapes: Shape[] = []
    const engine: Engine = {
      ...float64,
      open: (program, constants) => {
        shapes.push(program.infer?.outputs.logits?.shape ?? [])
        return float64.open(program, constants)
      },
    }
    const model = modelOf(0)(tinyNet)
    const seen = data.validation.size
    await succeed(evaluate(engine)(feedOfAll(data, data.validation))(model))
    await succeed(train({ epochs: 1, batchSize: 12 })({ engine, dataset: data, seed: 0 })(model))
    expect(shapes).toEqual([
      [seen, 3],
      [seen, 3],
    ])
  })
})
