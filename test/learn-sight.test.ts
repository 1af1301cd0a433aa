import type * as TE from 'fp-ts/lib/TaskEither.js'
import { describe, expect, test } from 'vitest'
import { trainingFeed } from '../src/data/batches.js'
import { chosen, type Dataset } from '../src/data/set.js'
import { glyphs } from '../src/data/spec.js'
import { certify } from '../src/learn/certify.js'
import { recalibrate } from '../src/learn/recalibrate.js'
import { separationIn } from '../src/learn/separation.js'
import type { Sight } from '../src/learn/sight.js'
import { statisticsAt } from '../src/learn/statistics.js'
import { taylorIn } from '../src/learn/taylor.js'
import { traceIn } from '../src/learn/trace.js'
import { push } from '../src/learn/transform.js'
import { prose } from '../src/report/prose.js'
import { checkRun } from '../src/run/fold.js'
import { experiment, train } from '../src/run/index.js'
import { type StepEnv, sightOf } from '../src/run/stepenv.js'
import { l1 } from '../src/surgery/criteria.js'
import { prune } from '../src/surgery/prune.js'
import { modelOf } from './arbitrary.js'
import { float64 } from './engines.js'
import { failure, succeed } from './scratch.js'
import { left, right } from './surgery.js'
import { tinyData, tinyNet } from './tiny.js'

const all = tinyData()

/** The data with these training images alone. */
const only = (indices: Iterable<number>): Dataset => ({
  ...all,
  train: chosen(Int32Array.from(indices))(all.train),
})

const envOf = (dataset: Dataset) => ({ engine: float64, dataset, seed: 0, place: '0' }) as StepEnv // all that a sight is made of

const model = modelOf(1)(tinyNet)
const pruned = right(prune({ keep: { params: 0.5 }, by: l1 })(model))

describe('what a run looks at', () => {
  test.each([
    { images: 1000, training: 36, batch: 36, batches: 1 },
    { images: 20, training: 36, batch: 20, batches: 1 },
    { images: 1000, training: 7, batch: 7, batches: 1 },
  ])('$images of $training training images', ({ images, training, batch, batches }) => {
    const sight = sightOf(envOf(only(Array(training).keys())), images)
    expect(sight.batch).toBe(batch)
    expect(Math.min(sight.batches, sight.feed.batches)).toBe(batches)
  })

  test('is enough to measure batch norm again, though it be few', async () => {
    const { weights } = await succeed(recalibrate(sightOf(envOf(only([0, 1, 2, 3, 4])), 1000))(model))
    expect(weights['conv/variance']?.data.every(value => value > 0)).toBe(true)
  })
})

describe('where no batch is in sight', () => {
  const feed = trainingFeed(only([0, 1, 2]), { batch: 4, seed: 0 })
  const blind: Sight = { engine: float64, feed, batch: 4, batches: 2 }

  test.each<readonly [string, TE.TaskEither<unknown, unknown>]>([
    ['certify', certify(blind)(model, pruned)],
    ['recalibrate', recalibrate(blind)(model)],
    ['statistics', statisticsAt(blind, { after: 'conv' })(model)],
    ['taylor', taylorIn(blind)(model)],
    ['lda', separationIn(blind)(model)],
    ['deconv', traceIn('deconv')(blind)(model)],
    ['a run without training images', recalibrate(sightOf(envOf(only([])), 100))(model)],
  ])('%s refuses', async (_, task) => {
    expect(await failure(task)).toMatchObject({ _tag: 'TooFewImages', images: null })
  })
})

describe('images of one class', () => {
  const dataset = only([0, 3, 6, 9])
  const wanted = { _tag: 'OneClass', data: 'tiny', name: 'row' } as const

  test('are refused by a push, in one line', async () => {
    const refused = await failure(push({ batch: 2 })({ engine: float64, dataset, seed: 0 })(model))
    expect(refused).toEqual(wanted)
    expect(prose(wanted)).toBe(
      'tiny: all training images are of class row; two classes at least are wanted, to be told apart',
    )
  })

  test('are refused by a run before its first step', () => {
    const tiny = experiment(tinyNet, glyphs(), train())
    expect(left(checkRun(dataset, tiny)(tiny.net))).toEqual(wanted)
  })
})
