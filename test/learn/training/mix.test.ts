/** Images mixed in pairs: mixup and cutmix. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Feed, prefetch } from '../../../src/data/pipeline/batches.js'
import { drawShare, type Mix, mixFeed } from '../../../src/data/pipeline/mix.js'
import { glyphs } from '../../../src/data/spec.js'
import type { Engine } from '../../../src/engine/engine.js'
import { alignment, type TrainOptions } from '../../../src/learn/options.js'
import { push, train } from '../../../src/learn/training/transforms.js'
import { randomBelow, stream } from '../../../src/net/random.js'
import { checkRun } from '../../../src/run/schedule/check.js'
import { experiment } from '../../../src/run/schedule/experiment.js'
import { train as trainStep } from '../../../src/run/schedule/schedule.js'
import { available } from '../../support/engines.js'
import { modelOf } from '../../support/nets/arbitrary.js'
import { left } from '../../support/nets/surgery.js'
import { tinyData, tinyNet } from '../../support/nets/tiny.js'
import { failure, succeed } from '../../support/scratch.js'

const engine = (await available(['wasm']))[0]?.[1] as Engine // comes with the package
const dataset = tinyData()
const model = modelOf(2)(tinyNet)

interface Shown {
  readonly size: number
  readonly classes: number
  readonly side: number
}

/** Images whose every pixel is the one-hot row of their class. */
const shownClasses = ({ size, classes, side }: Shown): Feed => ({
  batches: 3,
  batchSize: size,
  batch: async (epoch, step) => {
    const draw = stream(1, `${epoch}/${step}`)
    const labels = Int32Array.from({ length: size }, () => randomBelow(draw, classes))
    const rows = (times: number) =>
      Float32Array.from({ length: size * times * classes }, (_, i) =>
        labels[Math.floor(i / classes / times)] === i % classes ? 1 : 0,
      )
    return { images: rows(side * side), targets: rows(1), labels, size }
  },
})

const mix: fc.Arbitrary<Mix> = fc.oneof(
  fc.record({ mixup: fc.double({ min: 0.05, max: 8, noNaN: true }) }),
  fc.record({ cutmix: fc.double({ min: 0.05, max: 8, noNaN: true }) }),
)

const shown: fc.Arbitrary<Shown> = fc.record({
  size: fc.integer({ min: 2, max: 9 }),
  classes: fc.integer({ min: 2, max: 5 }),
  side: fc.integer({ min: 2, max: 9 }),
})

const mixedFeed = (how: Mix, of: Shown, seed: number): Feed =>
  mixFeed(how, { seed, image: [of.side, of.side, of.classes] })(shownClasses(of))

test('targets are mixed in the shares of the pixels, and the label is the class of the larger share', () =>
  fc.assert(
    fc.asyncProperty(mix, shown, fc.nat(99), async (how, of, seed) => {
      const { images, targets, labels } = await mixedFeed(how, of, seed).batch(1, 2)
      const pixels = of.side ** 2
      targets.forEach((target, i) => {
        const [nth, label] = [Math.floor(i / of.classes), i % of.classes]
        const mean = Array.from(
          { length: pixels },
          (_, at) => images[(nth * pixels + at) * of.classes + label] ?? 0,
        )
        expect(mean.reduce((a, b) => a + b) / pixels).toBeCloseTo(target, 4)
        if (target > 0.501) expect(labels[nth]).toBe(label)
      })
    }),
  ))

test('a mixed batch depends on the seed, the epoch and the step alone', () =>
  fc.assert(
    fc.asyncProperty(mix, shown, async (how, of) => {
      const [once, again] = [prefetch(1)(mixedFeed(how, of, 3)), mixedFeed(how, of, 3)]
      const late = await again.batch(1, 1)
      await once.batch(1, 0)
      expect(await once.batch(1, 1)).toEqual(late)
    }),
    { numRuns: 20 },
  ))

test('shares are of the symmetric beta distribution', () => {
  for (const alpha of [0.2, 1, 4]) {
    const draw = stream(0, `beta/${alpha}`)
    const shares = Array.from({ length: 20000 }, () => drawShare(draw, alpha))
    const mean = shares.reduce((a, b) => a + b) / shares.length
    const variance = shares.reduce((sum, each) => sum + (each - mean) ** 2, 0) / shares.length
    expect(mean).toBeCloseTo(0.5, 1)
    expect(variance * 4 * (2 * alpha + 1)).toBeCloseTo(1, 1)
  }
  for (const alpha of [1e-300, 1e300])
    expect(drawShare(stream(0, 'extreme'), alpha)).toSatisfy((each: number) => each >= 0 && each <= 1)
})

test('so many of the batches are mixed as the probability says', async () => {
  const of = { size: 4, classes: 4, side: 2 }
  const plain = await shownClasses(of).batch(0, 0)
  expect(await mixedFeed({ mixup: 1, probability: 0 }, of, 0).batch(0, 0)).toEqual(plain)
  const feed = mixedFeed({ mixup: 1, probability: 0.5 }, of, 0)
  const batches = await Promise.all(Array.from({ length: 200 }, (_, epoch) => feed.batch(epoch, 0)))
  const mixed = batches.filter(({ targets }) => targets.some(each => each > 0 && each < 1)).length
  expect(mixed).toBeGreaterThan(60)
  expect(mixed).toBeLessThan(110) // of about 100, those of one class show nothing
})

describe('training on mixed images', () => {
  const trained = (options: Partial<TrainOptions>) =>
    succeed(train({ batchSize: 12, ...options })({ engine, dataset, seed: 4 })(model)).then(
      ({ model: { weights } }) => weights['dense/kernel']?.data.join(),
    )

  test('repeats itself, differs from plain training, and goes with class weights', async () => {
    const mixup = await trained({ mix: { mixup: 0.2 } })
    expect(await trained({ mix: { mixup: 0.2 } })).toBe(mixup)
    expect(await trained({})).not.toBe(mixup)
    const weighted = await trained({ mix: { cutmix: 1 }, classWeights: { row: 3 } })
    expect(weighted).not.toBe(await trained({ mix: { cutmix: 1 } }))
    expect(await trained({ mix: { cutmix: 1 }, classWeights: { row: 1 } })).toBe(
      await trained({ mix: { cutmix: 1 } }),
    )
  })

  test('is refused where there is nothing to mix, before a run begins', async () => {
    const context = { engine, dataset, seed: 0 }
    expect(await failure(train({ batchSize: 1, mix: { mixup: 1 } })(context)(model))).toMatchObject({
      _tag: 'WrongOption',
      option: 'batchSize',
    })
    const points = { ...dataset, image: [1, 1, 3], stored: [1, 1, 3] }
    expect(
      await failure(train({ mix: { cutmix: 1 }, batchSize: 9 })({ ...context, dataset: points })(model)),
    ).toMatchObject({
      _tag: 'WrongOption',
      got: 'cutmix with images of one pixel',
    })
    const schedule = experiment(tinyNet, glyphs(), trainStep({ batchSize: 1, mix: { mixup: 1 } }))
    expect(left(checkRun(dataset, schedule)(model))).toMatchObject({ option: 'batchSize' })
  })

  test('is refused beside the terms of a push, which separate classes', async () => {
    const options = { batchSize: 9, mix: { mixup: 1 } }
    const context = { engine, dataset, seed: 0 }
    expect(await failure(push({ ...options, align: alignment })(context)(model))).toMatchObject({
      option: 'mix',
    })
    await succeed(push(options)(context)(model))
  })
})
