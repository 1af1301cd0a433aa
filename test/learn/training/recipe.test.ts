/** Parts of fast recipes: frozen layers, rates of their own, averages, first weights by rules. */
import { describe, expect, test } from 'vitest'
import { trainingFeed } from '../../../src/data/pipeline/batches.js'
import { glyphs } from '../../../src/data/spec.js'
import type { Engine } from '../../../src/engine/engine.js'
import { isUpdate } from '../../../src/graph/graph.js'
import { lower } from '../../../src/graph/lower.js'
import { type Calibration, calibrationOf } from '../../../src/learn/criteria/calibration.js'
import { dirac } from '../../../src/learn/initial/dirac.js'
import { whiten } from '../../../src/learn/initial/whiten.js'
import { pushDefaults, type TrainOptions } from '../../../src/learn/options.js'
import { pushCalls } from '../../../src/learn/push/push.js'
import { recalibrate } from '../../../src/learn/repair/recalibrate.js'
import { averageFeeds } from '../../../src/learn/training/average.js'
import { constant } from '../../../src/learn/training/learning-rate.js'
import { train } from '../../../src/learn/training/transforms.js'
import type { Model } from '../../../src/net/weights.js'
import { net } from '../../../src/net/words/combinators.js'
import { conv, convBnAct, dense, globalAvgPool, image } from '../../../src/net/words/leaves.js'
import { experiment } from '../../../src/run/schedule/experiment.js'
import { train as trainStep } from '../../../src/run/schedule/schedule.js'
import { stepSeed } from '../../../src/run/steps/step-context.js'
import { available, float64 } from '../../support/engines.js'
import { modelOf } from '../../support/nets/arbitrary.js'
import { right } from '../../support/nets/surgery.js'
import { tinyData, tinyNet } from '../../support/nets/tiny.js'
import { again, expectSame, lastOf, told } from '../../support/running.js'
import { failure, succeed } from '../../support/scratch.js'

const dataset = tinyData()
const engine = (await available(['wasm']))[0]?.[1] as Engine // comes with the package
const model = modelOf(2)(tinyNet)

const trained = (options: Partial<TrainOptions>, from: Model = model): Promise<Model> =>
  succeed(
    train({ batchSize: 9, lrSchedule: constant(), ...options })({ engine, dataset, seed: 4 })(from),
  ).then(learner => learner.model)

/** The keys whose values differ. */
const changed = (a: Model, b: Model): readonly string[] =>
  Object.keys(a.weights).filter(key => a.weights[key]?.data.join() !== b.weights[key]?.data.join())

describe('freeze', () => {
  test('leaves all of a layer as it was, its running statistics too, and trains the others', async () => {
    const keys = changed(model, await trained({ freeze: ['module'] }))
    expect(keys.filter(key => key.startsWith('module'))).toEqual([])
    expect(keys).toContain('conv/kernel')
    expect(keys).toContain('conv/mean')
  })

  test('normalises frozen layers by their running statistics', () => {
    const frozen = lower({ batch: 4, mode: 'training', frozen: [''] })(model)
    expect(frozen.statistics).toEqual([])
  })

  test('refuses a layer that is not there', async () => {
    const task = train({ freeze: ['nowhere'] })({ engine, dataset, seed: 0 })(model)
    expect(await failure(task)).toMatchObject({ _tag: 'UnknownPath', where: 'freeze', at: 'nowhere' })
  })
})

describe('rates of batch norm', () => {
  test('0 leaves scales as they are', async () => {
    const keys = changed(model, await trained({ scaleRate: 0 }))
    expect(keys.filter(key => key.endsWith('/scale'))).toEqual([])
    expect(keys.some(key => key.endsWith('/shift'))).toBe(true)
  })

  test('a factor is a factor of the first step', async () => {
    const one = { epochs: 1, batchSize: 36, balanced: true, learningRate: 0.01 }
    const [once, twice] = [await trained(one), await trained({ ...one, shiftRate: 2 })]
    const moved = (to: Model) =>
      (to.weights['conv/shift']?.data[0] ?? 0) - (model.weights['conv/shift']?.data[0] ?? 0)
    expect(moved(twice) / moved(once)).toBeCloseTo(2, 3)
  })
})

describe('averages', () => {
  test('are of what a forward pass reads, not of the utilities that a fade tracks', () => {
    const options = { ...pushDefaults, average: { every: 1, decay: 0.5, lookahead: false } }
    const { updates } = right(pushCalls(options, 4, null)(model)).train
    const names = updates.flatMap(({ op }) => (isUpdate(op) ? op.name : []))
    expect(names.some(name => name.endsWith('/utility'))).toBe(true)
    expect(names).toContain('conv/kernel/average')
    expect(names.filter(name => name.endsWith('utility/average'))).toEqual([])
  })

  const steps = { epochs: 1, batchSize: 12 } // three steps

  test('one that remembers nothing changes nothing but what batch norm has measured', async () => {
    const plain = await trained(steps)
    const averaged = await trained({ ...steps, average: { every: 1, decay: 0, lookahead: false } })
    expect(changed(plain, averaged).filter(key => !/\/(?:mean|variance)$/.test(key))).toEqual([])
  })

  test('end in the average of the weights on the way', async () => {
    const last = await trained(steps)
    const averaged = await trained({ ...steps, average: { every: 1, decay: 0.5, lookahead: false } })
    const key = 'dense/kernel'
    const between = (averaged.weights[key]?.data ?? []).filter((each, i) => {
      const [from = 0, to = 0] = [model.weights[key]?.data[i], last.weights[key]?.data[i]]
      return each >= Math.min(from, to) - 1e-6 && each <= Math.max(from, to) + 1e-6
    })
    expect(between.length / (averaged.weights[key]?.data.length ?? 1)).toBeGreaterThan(0.8)
    expect(changed(averaged, last)).toContain(key)
  })

  test('have batch norm measured again for them, on augmented images, but for frozen layers and a lookahead', async () => {
    const average = { every: 1, decay: 0.5, lookahead: false }
    const calibration = calibrationOf({ engine, dataset, seed: 4 }, 1000, { augment: true })
    const isMeasured = async (each: Model, frozen: readonly string[] = []) =>
      changed(each, await succeed(recalibrate(calibration, frozen)(each))).length === 0
    expect(await isMeasured(await trained({ ...steps, average }))).toBe(true)
    expect(await isMeasured(await trained({ ...steps, average: { ...average, lookahead: true } }))).toBe(
      false,
    )
    expect(await isMeasured(await trained(steps))).toBe(false)
    const part = await trained({ ...steps, average, freeze: ['module'] })
    expect(changed(model, part).filter(key => key.startsWith('module'))).toEqual([])
    expect(await isMeasured(part, ['module'])).toBe(true)
  })

  test('have batch norm measured again in a run, whether or not it was stopped', async () => {
    const average = { every: 1, decay: 0.5, lookahead: false }
    const run = experiment(tinyNet, glyphs(), trainStep({ ...steps, average }))
    const whole = await told(engine, run)
    const context = { engine, dataset, seed: stepSeed({ seed: 0, place: [0] }) }
    const { model: end } = lastOf(whole).learner
    expect(
      changed(end, await succeed(recalibrate(calibrationOf(context, 1000, { augment: true }))(end))),
    ).toEqual([])
    const first = await told(engine, run, { after: 2 })
    expectSame(await told(engine, run, { from: await again(lastOf(first)), log: first.log }), whole)
  })

  test.each([
    { name: 'an average', lookahead: false, blends: [1, 0, 0.75, 0.75], copies: [0, 0, 0, 1], every: 3 },
    {
      name: 'a lookahead',
      lookahead: true,
      blends: [1, 1 - 0.25 / 8, 0, 0.75],
      copies: [0, 1, 0, 1],
      every: 2,
    },
  ])('$name counts every so many steps, and the last', ({ lookahead, blends, copies, every }) => {
    const feeds = averageFeeds({ every, decay: every === 2 ? 0.5 : 0.25 ** (1 / 3), lookahead })
    const all = [0, 1, 2, 3].map(step => feeds(step, 4))
    expect(all.map(({ copy }) => copy?.[0])).toEqual(copies)
    for (const [nth, { blend }] of all.entries()) expect(blend?.[0]).toBeCloseTo(blends[nth] ?? 0, 6)
  })
})

describe('first weights', () => {
  const calibration: Calibration = {
    engine: float64,
    feed: trainingFeed(dataset, { batch: 12, seed: 0, augment: false }),
    batch: 12,
    batches: 3,
  }
  const stem = net(
    'stem',
    image(6, 6, 1),
    conv(8, 2, { name: 'stem', padding: 'valid', bias: false }),
    globalAvgPool,
    dense(3),
  )

  test('by dirac pass the first channels on', async () => {
    const two = net(
      'two',
      image(6, 6, 1),
      convBnAct(4, 1),
      conv(6, 3, { name: 'wide', bias: false }),
      globalAvgPool,
      dense(3),
    )
    const begun = dirac(modelOf(1)(two))
    const { at, images, into } = lower({ batch: 12, mode: 'inference' })(begun)
    const [read, made] = [into.get('wide'), at.get('wide')]
    if (read === undefined || made === undefined) throw new Error('wide')
    const session = right(await float64.open({ run: { outputs: { read, made }, updates: [] } })())
    session.write(begun.weights)
    const { images: pixels } = await calibration.feed.batch(0, 0)
    const got = session.run('run', { images: pixels })
    expect(images.shape).toEqual([12, 6, 6, 1])
    for (let at = 0; at < 12 * 36; at++)
      for (let c = 0; c < 4; c++) expect(got.made[at * 6 + c]).toBeCloseTo(got.read[at * 4 + c] ?? 0, 5)
  })

  test('by whitening give outputs of variance 1, without correlation, and their opposites', async () => {
    const begun = await succeed(whiten(calibration, 'stem')(modelOf(1)(stem)))
    const { at } = lower({ batch: 12, mode: 'inference' })(begun)
    const made = at.get('stem')
    if (made === undefined) throw new Error('stem')
    const session = right(await float64.open({ run: { outputs: { made }, updates: [] } })())
    session.write(begun.weights)
    const products = new Float64Array(64)
    for (const step of [0, 1, 2]) {
      const { made: values } = session.run('run', { images: (await calibration.feed.batch(0, step)).images })
      for (let at = 0; at < 12 * 25; at++)
        for (let i = 0; i < 64; i++)
          products[i] =
            (products[i] ?? 0) +
            ((values[at * 8 + (i >> 3)] ?? 0) * (values[at * 8 + (i & 7)] ?? 0)) / (36 * 25)
    }
    for (let i = 0; i < 8; i++)
      for (let j = 0; j < 8; j++) {
        const expected = i === j ? 1 : Math.abs(i - j) === 4 ? -1 : 0
        expect(Math.abs((products[i * 8 + j] ?? 0) - expected)).toBeLessThan(0.02)
      }
  })

  test('by whitening are those of a convolution of the images alone', async () => {
    expect(await failure(whiten(calibration, 'dense')(modelOf(1)(stem)))).toMatchObject({
      _tag: 'NotFirst',
      at: 'dense',
      got: 'dense',
    })
  })
})
