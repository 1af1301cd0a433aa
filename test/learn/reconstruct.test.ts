import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { trainingFeed } from '../../src/data/pipeline/batches.js'
import type { Engine } from '../../src/engine/engine.js'
import { solvePositive } from '../../src/engine/wasm/solve/positive.js'
import type { Calibration } from '../../src/learn/criteria/calibration.js'
import { foldBatches, withSession } from '../../src/learn/criteria/calibration.js'
import { gramCalls } from '../../src/learn/repair/measure-products.js'
import { placesIn } from '../../src/learn/repair/places.js'
import { reconstruct } from '../../src/learn/repair/reconstruct.js'
import { solveRidge } from '../../src/learn/repair/ridge.js'
import { lowerForInference } from '../../src/learn/training/train.js'
import { range } from '../../src/net/channels/wiring.js'
import { infer } from '../../src/net/infer.js'
import { stream } from '../../src/net/random.js'
import type { Model, Weights } from '../../src/net/weights.js'
import { concat, net, stack } from '../../src/net/words/combinators.js'
import { conv, convBnAct, dense, globalAvgPool, image, maxPool } from '../../src/net/words/leaves.js'
import { prune } from '../../src/surgery/prune/prune.js'
import { available, float64 } from '../support/engines.js'
import { modelOf } from '../support/nets/arbitrary.js'
import { right } from '../support/nets/surgery.js'
import { freeNet, tinyData, tinyNet } from '../support/nets/tiny.js'
import { succeed } from '../support/scratch.js'

const calibration: Calibration = {
  engine: float64,
  feed: trainingFeed(tinyData(), { batch: 12, seed: 0, balanced: true, augment: false }),
  batch: 12,
  batches: 3,
}

const logits = async (model: Model): Promise<readonly number[]> =>
  succeed(
    withSession(calibration, { infer: lowerForInference(12)(model) }, model, session =>
      foldBatches<readonly number[]>(calibration, [], ({ images }) => all => [
        ...all,
        ...(session.run('infer', { images }).logits ?? []),
      ]),
    ),
  )

/** The mean squared distance of the outputs from those of another model. */
const distance = async (model: Model, from: Model): Promise<number> => {
  const [got, expected] = [await logits(model), await logits(from)]
  return got.reduce((sum, each, i) => sum + (each - (expected[i] ?? 0)) ** 2, 0) / got.length
}

/** A model in which a channel of a convolution gives what another gives. */
const withTwin = (model: Model, path: string, twin: number, of: number): Model => {
  const copies = Object.entries(model.weights).flatMap(([key, { shape, data }]) => {
    if (!key.startsWith(`${path}/`)) return []
    const width = shape.at(-1) ?? 1
    const copied = data.map((each, i) => (i % width === twin ? (data[i - twin + of] ?? 0) : each))
    return [[key, { shape, data: copied }] as const]
  })
  const weights: Weights = { ...model.weights, ...Object.fromEntries(copies) }
  return { ...model, weights }
}

const bare = net(
  'bare',
  image(6, 6, 1),
  conv(6, 3, { activation: 'relu' }),
  concat(
    'module',
    conv(3, 1, { activation: 'relu' }),
    stack('deep', conv(3, 1), conv(4, 3, { activation: 'relu' })),
  ),
  maxPool(2),
  globalAvgPool,
  dense(3),
)

const nets = [
  { name: 'with batch norm', whole: freeNet, first: 'conv' },
  { name: 'with sums', whole: tinyNet, first: 'conv' },
  { name: 'with biases', whole: bare, first: 'conv' },
]

describe.each(nets)('a net $name', ({ whole, first }) => {
  const model = modelOf(3)(whole)

  test('from which nothing is cut stays itself', async () => {
    const same = right(prune({ channels: {} })(model))
    expect(await succeed(reconstruct(calibration)(model)(same))).toEqual(same.model)
  })

  test('gives the same after a channel is cut that another can stand for', async () => {
    const twins = withTwin(model, first, 1, 0)
    const cut = right(prune({ channels: { [first]: [1] } })(twins))
    const repaired = await succeed(reconstruct(calibration, { ridge: 1e-9 })(twins)(cut))
    expect(await distance(cut.model, twins)).toBeGreaterThan(1e-4)
    expect(await distance(repaired, twins)).toBeLessThan(1e-8)
  })
})

test('a layer of any name is fitted by its own weights', async () => {
  const renamed = (name: string) =>
    net('named', image(6, 6, 1), stack(name, convBnAct(6)), convBnAct(4), globalAvgPool, dense(3))
  const repairedBy = async (name: string) => {
    const named = modelOf(3)(renamed('first'))
    const weights = Object.fromEntries(
      Object.entries(named.weights).map(([key, tensor]) => [key.replace(/^first\//, `${name}/`), tensor]),
    )
    const model = { ...right(infer(renamed(name))), weights }
    const cut = right(prune({ channels: { [`${name}/conv`]: [1] } })(model))
    return logits(await succeed(reconstruct(calibration)(model)(cut)))
  }
  expect(await repairedBy('whole')).toEqual(await repairedBy('first'))
})

/** The last product is a unit with batch norm: no layer behind it makes up for a wrong constant. */
const headless = net(
  'headless',
  image(6, 6, 1),
  convBnAct(8),
  convBnAct(3, 3, { activation: null }),
  globalAvgPool,
)

test.each([
  { name: 'a linear head', whole: freeNet, cuts: { conv: [0, 3], 'module/three/conv2': [1] } },
  { name: 'batch norm at the end', whole: headless, cuts: { conv: [0, 3, 5] } },
])(
  'outputs of a net with $name are nearer to those of the whole net after a repair',
  async ({ whole, cuts }) => {
    const ratios: number[] = []
    for (const seed of [1, 2, 3, 4, 5, 6]) {
      const model = modelOf(seed)(whole)
      const cut = right(prune({ channels: cuts })(model))
      const repaired = await succeed(reconstruct(calibration)(model)(cut))
      ratios.push((await distance(repaired, model)) / (await distance(cut.model, model)))
    }
    expect(Math.max(...ratios)).toBeLessThan(0.5)
  },
)

/** The first image of each class, so many times. */
const shownTimes = (batches: number, engine: Engine): Calibration => {
  const feed = trainingFeed(tinyData(), { batch: 3, seed: 0, balanced: true, augment: false })
  return { engine, feed: { ...feed, batches, batch: () => feed.batch(0, 0) }, batch: 3, batches }
}

/** Windows of 3×3 over more channels than three images have positions. */
const wide = net(
  'wide',
  image(6, 6, 1),
  convBnAct(30),
  convBnAct(20, 3, { stride: 2 }),
  conv(12, [1, 3], { bias: false }),
  maxPool(3, { stride: 1 }),
  globalAvgPool,
  dense(3),
)

const engines = await available()

describe('few images', () => {
  const model = modelOf(3)(wide)
  const cut = right(prune({ channels: { conv: [0, 7, 9], conv2: [1, 2, 5], conv3: [4] } })(model))
  const repairedOn = (batches: number, engine: Engine) =>
    succeed(reconstruct(shownTimes(batches, engine))(model)(cut))

  test.each(engines)('are products of positions on %s: the fit is that of sums', async (_, engine) => {
    const [once, twice] = await Promise.all([repairedOn(1, engine), repairedOn(2, float64)])
    for (const [key, { data }] of Object.entries(twice.weights)) {
      const size = Math.max(1, ...data.map(Math.abs))
      const worst = Math.max(...data.map((each, i) => Math.abs(each - (once.weights[key]?.data[i] ?? 0))))
      expect(worst / size, key).toBeLessThan(1e-3)
    }
    expect(await distance(once, model)).toBeLessThan(0.5 * (await distance(cut.model, model)))
  })

  test('are products of positions where these are fewer than inputs, and no other batch follows', () => {
    const kinds = (batches: number) =>
      Object.values(
        gramCalls({ batch: 3, batches }, placesIn(cut, model.weights), { pruned: cut.model, whole: model }),
      ).map(({ _tag }) => _tag)
    expect(kinds(1)).toEqual(['byPosition', 'byPosition', 'byPosition'])
    expect(kinds(2)).toEqual(['byInput', 'byInput', 'byInput'])
  })
})

test('a positive matrix is solved for several right sides', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 5 }),
      fc.nat(),
      (size, count, seed) => {
        const draw = stream(seed, 'positive')
        const values = (length: number) => Float64Array.from({ length }, () => draw() - 0.5)
        const root = values(size * size)
        const product = (a: Float64Array, b: (k: number, j: number) => number): Float64Array =>
          Float64Array.from({ length: a.length }, (_, at) => {
            const [row, j] = [Math.floor(at / size), at % size]
            return range(size).reduce((sum, k) => sum + (a[row * size + k] ?? 0) * b(k, j), 0)
          })
        const positive = product(root, (k, j) => root[j * size + k] ?? 0).map((each, at) =>
          at % (size + 1) === 0 ? each + 0.5 : each,
        )
        const sides = values(count * size)
        const back = product(solvePositive(positive, sides, size), (k, j) => positive[k * size + j] ?? 0)
        expect(Math.max(...back.map((each, at) => Math.abs(each - (sides[at] ?? 0))))).toBeLessThan(1e-10)
      },
    ),
  )
})

describe('ridge regression', () => {
  const rows = fc.integer({ min: 1, max: 6 }).chain(size =>
    fc.record({
      size: fc.constant(size),
      inputs: fc.array(
        fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: size, maxLength: size }),
        {
          minLength: 1,
          maxLength: 12,
        },
      ),
      outputs: fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 12, maxLength: 12 }),
    }),
  )

  test('solves its normal equations', () => {
    fc.assert(
      fc.property(rows, ({ size, inputs, outputs }) => {
        const gram = new Float64Array(size * size)
        const cross = new Float64Array(size)
        inputs.forEach((row, nth) => {
          for (let i = 0; i < size; i++) {
            cross[i] = (cross[i] ?? 0) + (row[i] ?? 0) * (outputs[nth] ?? 0)
            for (let j = 0; j < size; j++)
              gram[i * size + j] = (gram[i * size + j] ?? 0) + (row[i] ?? 0) * (row[j] ?? 0)
          }
        })
        const trace = Array.from({ length: size }, (_, i) => gram[i * size + i] ?? 0).reduce(
          (a, b) => a + b,
          0,
        )
        const ridge = 0.1
        const solution = solveRidge(gram, cross, { size, ridge })
        if (!(trace > 1e-12)) return
        for (let i = 0; i < size; i++) {
          let left = ridge * (trace / size) * (solution[i] ?? 0)
          for (let j = 0; j < size; j++) left += (gram[i * size + j] ?? 0) * (solution[j] ?? 0)
          expect(left).toBeCloseTo(cross[i] ?? 0, 8)
        }
      }),
    )
  })

  test('gives zeros where nothing is known', () => {
    expect([...solveRidge(new Float64Array(4), Float64Array.of(1, 2), { size: 2, ridge: 1 })]).toEqual([0, 0])
  })
})
