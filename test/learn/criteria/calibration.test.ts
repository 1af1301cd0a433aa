import type * as TE from 'fp-ts/lib/TaskEither.js'
import { describe, expect, test } from 'vitest'
import { type Dataset, selectImages } from '../../../src/data/dataset.js'
import { trainingFeed } from '../../../src/data/pipeline/batches.js'
import { glyphs } from '../../../src/data/spec.js'
import type { Calibration } from '../../../src/learn/criteria/calibration.js'
import { ldaUtilities } from '../../../src/learn/criteria/lda.js'
import { taylorUtilities } from '../../../src/learn/criteria/taylor.js'
import { measureTrace } from '../../../src/learn/criteria/trace.js'
import { checkPruned } from '../../../src/learn/evaluation/check-pruned.js'
import { statisticsAt } from '../../../src/learn/evaluation/statistics.js'
import { recalibrate } from '../../../src/learn/repair/recalibrate.js'
import { push } from '../../../src/learn/training/transforms.js'
import { net } from '../../../src/net/words/combinators.js'
import { convBnAct, dense, dropout, dropPath, globalAvgPool, image } from '../../../src/net/words/leaves.js'
import type { AnyWord } from '../../../src/net/words/types.js'
import { renderMessage } from '../../../src/report/text/render-message.js'
import { experiment, train } from '../../../src/run/index.js'
import { checkRun } from '../../../src/run/schedule/check.js'
import { calibrationFor } from '../../../src/run/steps/step-context.js'
import { l1 } from '../../../src/surgery/prune/criteria.js'
import { prune } from '../../../src/surgery/prune/prune.js'
import { float64 } from '../../support/engines.js'
import { modelOf } from '../../support/nets/arbitrary.js'
import { left, placed, right } from '../../support/nets/surgery.js'
import { tinyData, tinyNet } from '../../support/nets/tiny.js'
import { failure, succeed } from '../../support/scratch.js'

const all = tinyData()

/** The data with these training images alone. */
const only = (indices: Iterable<number>): Dataset => ({
  ...all,
  train: selectImages(Int32Array.from(indices))(all.train),
})

const envOf = (dataset: Dataset) => ({ engine: float64, dataset, seed: 0, place: [0] })

const model = modelOf(1)(tinyNet)
const pruned = right(prune({ keep: { params: 0.5 }, by: l1 })(model))

describe('the calibration images of a run', () => {
  test.each([
    { images: 1000, training: 36, batch: 36, batches: 1 },
    { images: 20, training: 36, batch: 20, batches: 1 },
    { images: 1000, training: 7, batch: 7, batches: 1 },
  ])('$images of $training training images', ({ images, training, batch, batches }) => {
    const calibration = calibrationFor(envOf(only(Array(training).keys())), images)
    expect(calibration.batch).toBe(batch)
    expect(Math.min(calibration.batches, calibration.feed.batches)).toBe(batches)
  })

  test('are enough to recalibrate batch norm, even when they are few', async () => {
    const { weights } = await succeed(recalibrate(calibrationFor(envOf(only([0, 1, 2, 3, 4])), 1000))(model))
    expect(weights['conv/variance']?.data.every(value => value > 0)).toBe(true)
  })

  test.each([dropout(0.5), dropPath(0.5)])(
    'recalibrate a norm behind $_tag as if it dropped nothing',
    async word => {
      const netWith = (...words: readonly AnyWord[]) =>
        net('n', image(6, 6, 1), ...words, convBnAct(3, 3, { name: 'unit' }), globalAvgPool, dense(3))
      const measured = async (...words: readonly AnyWord[]) =>
        succeed(recalibrate(calibrationFor(envOf(all), 100))(modelOf(1)(netWith(...words))))
      const [plain, dropping] = [await measured(), await measured(word)]
      expect(dropping.weights['unit/mean']).toEqual(plain.weights['unit/mean'])
      expect(dropping.weights['unit/variance']).toEqual(plain.weights['unit/variance'])
    },
  )
})

describe('without a calibration batch', () => {
  const feed = trainingFeed(only([0, 1, 2]), { batch: 4, seed: 0 })
  const blind: Calibration = { engine: float64, feed, batch: 4, batches: 2 }

  test.each<readonly [string, TE.TaskEither<unknown, unknown>]>([
    ['certify', checkPruned(blind)(model, pruned)],
    ['recalibrate', recalibrate(blind)(model)],
    ['statistics', statisticsAt(blind, { after: 'conv' })(model)],
    ['taylor', taylorUtilities(blind)(model)],
    ['lda', ldaUtilities(blind)(model)],
    ['deconvTrace', measureTrace('deconvTrace')(blind)(model)],
    ['a run without training images', recalibrate(calibrationFor(envOf(only([])), 100))(model)],
  ])('%s refuses', async (_, task) => {
    expect(await failure(task)).toMatchObject({ _tag: 'TooFewImages', images: null })
  })
})

describe('images of one class', () => {
  const dataset = only([0, 3, 6, 9])
  const expected = { _tag: 'OneClass', data: 'tiny', name: 'row' } as const

  test('are refused by a push, in one line', async () => {
    const refused = await failure(push({ batchSize: 2 })({ engine: float64, dataset, seed: 0 })(model))
    expect(refused).toEqual(expected)
    expect(renderMessage(expected)).toBe(
      'tiny: expected training images of at least two classes, got row alone; try adding images of another class',
    )
  })

  test('are refused by a run before its first step', () => {
    expect(left(checkRun(dataset, experiment(tinyNet, glyphs(), train()))(placed(tinyNet)))).toEqual(expected)
  })
})
