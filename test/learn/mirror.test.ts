/** The mean of each image and its mirror image, beside the plain figure. */

import { join } from 'node:path'
import fc from 'fast-check'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { expect, test } from 'vitest'
import { type Batch, evaluationFeed } from '../../src/data/pipeline/batches.js'
import { mirrorImages } from '../../src/data/pipeline/mirror.js'
import { glyphs } from '../../src/data/spec.js'
import type { Engine } from '../../src/engine/engine.js'
import { evaluate, evaluationBatch } from '../../src/learn/evaluation/evaluate.js'
import { resultTable } from '../../src/report/tables/result.js'
import { begin } from '../../src/run/run.js'
import { experiment } from '../../src/run/schedule/experiment.js'
import { train } from '../../src/run/schedule/schedule.js'
import { readResult } from '../../src/run/storage/result.js'
import { settingsOf } from '../../src/run/storage/settings.js'
import { available } from '../support/engines.js'
import { modelOf } from '../support/nets/arbitrary.js'
import { tinyData, tinyNet } from '../support/nets/tiny.js'
import { scratch, succeed } from '../support/scratch.js'

const engine = (await available(['wasm']))[0]?.[1] as Engine // comes with the package
const dataset = tinyData()
const feed = evaluationFeed(dataset, dataset.test, { batch: evaluationBatch })
const mirrored = {
  ...feed,
  batch: async (epoch: number, step: number): Promise<Batch> => {
    const batch = await feed.batch(epoch, step)
    return { ...batch, images: mirrorImages(dataset.image)(batch.images) }
  },
}

test('a mirror image has its rows reversed, and mirrored twice is the image', () => {
  expect([...mirrorImages([2, 3, 2])(Float32Array.from({ length: 12 }, (_, i) => i))]).toEqual([
    4, 5, 2, 3, 0, 1, 10, 11, 8, 9, 6, 7,
  ])
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 4, maxLength: 4 }), sizes => {
      const images = Float32Array.from({ length: sizes.reduce((a, b) => a * b) }, (_, i) => i)
      const mirror = mirrorImages(sizes.slice(1))
      expect(mirror(mirror(images))).toEqual(images)
    }),
  )
})

test('images and their mirror images score alike with mirror, and not without', async () => {
  const model = modelOf(2)(tinyNet)
  const score = (mirror: boolean, from: typeof feed) => succeed(evaluate(engine, { mirror })(from)(model))
  const [both, again] = [await score(true, feed), await score(true, mirrored)]
  expect(both.nats).toBeCloseTo(again.nats, 5)
  const [plain, turned] = [await score(false, feed), await score(false, mirrored)]
  expect(plain.nats).not.toBeCloseTo(turned.nats, 3)
  expect(both.nats).toBeLessThanOrEqual((plain.nats + turned.nats) / 2 + 1e-4) // the loss is convex in the logits
})

test('a run that is asked to gives both figures, the plain one unchanged', async () => {
  const resources = { engine, dataset }
  const settings = settingsOf(0, engine, dataset, {})
  const asked = (mirror: boolean) =>
    succeed(
      begin(join(scratch(), 'run'), settings, resources, {
        onEvent: () => undefined,
        onStep: () => undefined,
        stopping: () => false,
        onStage: () => TE.right(undefined),
        ...(mirror && { mirror }),
      })(experiment(tinyNet, glyphs(), train({ batchSize: 9 }))),
    )
  const [plain, both] = [await asked(false), await asked(true)]
  expect(plain.mirrored).toBeUndefined()
  expect(both.test).toEqual(plain.test)
  expect(both.mirrored?.loss).not.toBe(both.test.loss)
  expect((await succeed(readResult(join(both.out, 'result.json')))).mirrored).toEqual(both.mirrored)
  expect(resultTable(both)).toMatch(/with mirror images, at twice the cost: test /)
})
