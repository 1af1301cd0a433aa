import * as fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { trainingFeed } from '../../../src/data/pipeline/batches.js'
import { blocking, type Engine } from '../../../src/engine/engine.js'
import { inputsOf } from '../../../src/graph/graph.js'
import { crossEntropy } from '../../../src/graph/loss.js'
import { lower } from '../../../src/graph/lower.js'
import * as op from '../../../src/graph/operations.js'
import { sgd, type WeightGradient } from '../../../src/graph/optimizer.js'
import { taylorUtilities } from '../../../src/learn/criteria/taylor.js'
import { fade, fadedChannels, fadeFeeds, markFading, trackedUtilities } from '../../../src/learn/fade/fade.js'
import { type Average, fadeDefaults, pushDefaults } from '../../../src/learn/options.js'
import { pushCalls, pushFeeds } from '../../../src/learn/push/push.js'
import type { Learner } from '../../../src/learn/training/learner.js'
import { constant } from '../../../src/learn/training/learning-rate.js'
import { push } from '../../../src/learn/training/transforms.js'
import { countParams } from '../../../src/net/counts.js'
import { isInside, parentPath } from '../../../src/net/path.js'
import { weightKey } from '../../../src/net/weight-specs.js'
import { init, type Model, type Weights } from '../../../src/net/weights.js'
import { prune } from '../../../src/surgery/prune/prune.js'
import { available, float64 } from '../../support/engines.js'
import { arbitraryModel, fedWith, modelOf } from '../../support/nets/arbitrary.js'
import { oneHot } from '../../support/nets/reference/arrays.js'
import { evaluate, type Given } from '../../support/nets/reference.js'
import { deepFreeze, difference, forward, numbersOf, placed, right } from '../../support/nets/surgery.js'
import { tinyData, tinyNet } from '../../support/nets/tiny.js'
import { succeed } from '../../support/scratch.js'

const engines = await available()

const dataset = tinyData()

const model: Model = deepFreeze(right(init(0)(tinyNet)))

const half = { keep: { params: 0.5 } } as const

const options = { epochs: 1, batchSize: 3, lrSchedule: constant(), cut: half }

/** Twelve steps. */
const pushed = (engine: Engine, average: Average | null = null): Promise<Learner> =>
  succeed(push({ ...options, average })({ engine, dataset, seed: 1 })(model))

/** That the prune after a push changes nothing: what it takes is zero. */
const expectGone = ({ model: faded, slots }: Learner): void => {
  const { model: narrow } = right(prune(fadedChannels(placed(tinyNet), slots))(faded))
  expect(countParams(narrow)).toBeLessThanOrEqual(half.keep.params * countParams(placed(tinyNet)))
  expect(difference(forward(narrow), forward(faded))).toBeLessThan(1e-9)
}

const dataOf = ({ weights }: Model) =>
  Object.entries(weights).map(([key, { data }]) => [key, [...data]] as const)

const before = dataOf(model)

describe.each(engines)('a push on %s', (_, engine) => {
  let learner: Learner
  beforeAll(async () => {
    learner = await pushed(engine)
  })

  test('fades the marked channels to exactly zero, and no other', () => {
    const { channels, bodies } = fadedChannels(placed(tinyNet), learner.slots)
    expect(Object.values(channels).flat().length).toBeGreaterThan(5)
    const { weights } = learner.model
    for (const key of Object.keys(weights).filter(each => each.endsWith('/scale'))) {
      const path = parentPath(key)
      weights[key]?.data.forEach((gamma, channel) => {
        const isGone =
          (channels[path]?.includes(channel) ?? false) || bodies.some(body => isInside(body, path))
        const beta = weights[weightKey(path, 'shift')]?.data[channel] ?? Number.NaN
        expect(Math.abs(gamma) + Math.abs(beta) === 0).toBe(isGone)
      })
    }
  })

  test('leaves nothing for the prune after it to change, and that prune meets the target', () =>
    expectGone(learner))

  test.each([false, true])('does so where weights are averaged, lookahead %s', async lookahead =>
    expectGone(await pushed(engine, { every: 2, decay: 0.9, lookahead })),
  )

  test('is deterministic, and leaves its input as it is', async () => {
    expect(await pushed(engine)).toEqual(learner)
    expect(dataOf(model)).toEqual(before)
  })
})

test('without a target, and before the mark step, no channel is marked', () => {
  const written: Weights[] = []
  const session = blocking({
    read: () => model.weights,
    write: values => void written.push(values),
    run: () => ({}),
    close: () => undefined,
  })
  const markAt = (cut: typeof half | null, step: number) =>
    right(markFading(fadeDefaults, cut, model)(session, step, 100))
  markAt(half, 0)
  markAt(null, 30)
  markAt(half, 29)
  expect(written.map(values => fadedChannels(placed(tinyNet), values))).toEqual([
    { channels: {}, bodies: [] },
    { channels: {}, bodies: [] },
  ])
})

test('at the mark step, radii are the norms of scale and shift', () => {
  const given = modelOf(3)(tinyNet)
  const utilities = Object.entries(given.weights).flatMap(([key, { shape, data }]) =>
    key.endsWith('/scale') ? [[`${key}/utility`, { shape, data: data.map(Math.abs) }] as const] : [],
  )
  let marks: Weights = {}
  const session = blocking({
    read: () => ({ ...given.weights, ...Object.fromEntries(utilities) }),
    write: values => {
      marks = values
    },
    run: () => ({}),
    close: () => undefined,
  })
  right(markFading(fadeDefaults, half, given)(session, 30, 100))
  const { model: narrow } = right(prune(fadedChannels(placed(tinyNet), marks))(given))
  expect(countParams(placed(narrow.net))).toBeLessThanOrEqual(half.keep.params * countParams(placed(tinyNet)))
  for (const key of Object.keys(given.weights).filter(each => each.endsWith('/scale')))
    marks[`${key}/radius`]?.data.forEach((radius, channel) => {
      const [gamma = 0, beta = 0] = [key, weightKey(parentPath(key), 'shift')].map(
        each => given.weights[each]?.data[channel],
      )
      expect(radius).toBeCloseTo(Math.sqrt(gamma ** 2 + beta ** 2), 6)
    })
})

// In float64, against formulas.

const shape = [4]

/** A unit's scale and shift after the optimizer, faded. */
const faded = (given: {
  readonly moved: readonly (readonly [number, number])[]
  readonly radius: readonly number[]
  readonly marked: readonly number[]
  readonly left: number
}) => {
  const gradientOf = (slot: 'scale' | 'shift'): WeightGradient => ({
    key: `unit/${slot}`,
    weight: op.weight(`unit/${slot}`, shape),
    gradient: op.input(slot, shape),
  })
  const gradients = [gradientOf('scale'), gradientOf('shift'), { ...gradientOf('scale'), key: 'unit/kernel' }]
  const moves = gradients.map(({ key, gradient }) => op.assign(key, gradient))
  const { variables } = evaluate(
    { outputs: {}, updates: fade({ weights: gradients, gates: new Map() })(moves) },
    {
      scale: Float64Array.from(given.moved, ([gamma]) => gamma),
      shift: Float64Array.from(given.moved, ([, beta]) => beta),
      fade: Float64Array.of(given.left),
    },
    {
      'unit/scale/radius': Float64Array.from(given.radius),
      'unit/scale/marked': Float64Array.from(given.marked),
    },
  )
  return variables
}

const four = <A>(each: fc.Arbitrary<A>): fc.Arbitrary<A[]> => fc.array(each, { minLength: 4, maxLength: 4 })
const number = fc.double({ min: -3, max: 3, noNaN: true })
const unit = fc.double({ min: 0, max: 1, noNaN: true })

test('marked channels are projected into the ball, the others stay as the optimizer left them', () => {
  fc.assert(
    fc.property(
      four(fc.tuple(number, number)),
      four(fc.double({ min: 0, max: 3, noNaN: true })),
      four(fc.constantFrom(0, 1)),
      unit,
      (moved, radius, marked, left) => {
        const after = faded({ moved, radius, marked, left })
        moved.forEach(([gamma, beta], channel) => {
          const length = Math.hypot(gamma, beta)
          const factor =
            marked[channel] === 1 ? Math.min(1, ((radius[channel] ?? 0) * left) / (length || 1)) : 1
          expect(after['unit/scale']?.[channel]).toBeCloseTo(gamma * factor, 12)
          expect(after['unit/shift']?.[channel]).toBeCloseTo(beta * factor, 12)
        })
        expect([...(after['unit/kernel'] ?? [])]).toEqual(moved.map(([gamma]) => gamma))
      },
    ),
  )
})

test('the ball is whole until the mark step, and zero from the given share on', () => {
  fc.assert(
    fc.property(fc.integer({ min: 4, max: 400 }), unit, unit, (steps, a, b) => {
      const [from, until] = [Math.min(a, b), Math.max(a, b)]
      const options = { ...fadeDefaults, from, until }
      const start = Math.max(1, Math.round(from * steps))
      let before = 1
      for (let step = 0; step < steps; step++) {
        const [left = Number.NaN] = fadeFeeds(options)(step, steps).fade ?? []
        const expected = 1 - (step + 1 - start) / Math.max(1, until * steps - start)
        expect(left).toBeCloseTo(Math.min(1, Math.max(0, expected)), 6)
        expect(left).toBeLessThanOrEqual(before)
        before = left
      }
    }),
    { numRuns: 30 },
  )
})

/** The loss of one training batch when the scale and shift of one channel are all multiplied. */
const lossWith = (
  model: Model,
  feeds: Given,
  { path, channel, factor }: { readonly path: string; readonly channel: number; readonly factor: number },
): number => {
  const { train } = right(pushCalls({ ...pushDefaults, batchSize: 3, fade: null }, 3, null)(model))
  const given = Object.fromEntries(
    Object.entries(numbersOf(model)).map(([key, values]) => {
      const inside = key === weightKey(path, 'scale') || key === weightKey(path, 'shift')
      return [
        key,
        Float64Array.from(values, (value, i) => (inside && i === channel ? value * factor : value)),
      ]
    }),
  )
  return evaluate({ outputs: train.outputs, updates: [] }, feeds, given).outputs.loss?.[0] ?? Number.NaN
}

/** Labels in turn. */
test('utilities are the first-order effects of deleting channels', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        arbitraryModel(),
        fc.nat().map(seed => modelOf(seed)(tinyNet)),
      ),
      fc.nat(),
      (given, seed) => {
        const fade = { ...fadeDefaults, decay: 0 }
        const all = { ...pushDefaults, batchSize: 3, fade, optimizer: sgd() }
        const { train } = right(pushCalls(all, 3, null)(given))
        const feeds: Given = {
          ...Object.fromEntries(
            Object.entries(inputsOf(train)).map(([name, each]) => [name, fedWith(seed, name, each)]),
          ),
          targets: oneHot(train.outputs.logits?.shape ?? []),
          ...pushFeeds(all)(0, 10),
        }
        const { variables } = evaluate(train, feeds, numbersOf(given))
        const slots = Object.fromEntries(
          Object.entries(variables).map(([name, data]) => [
            name,
            { shape: [data.length], data: Float32Array.from(data) },
          ]),
        )
        const normed = Object.entries(trackedUtilities(slots)).filter(
          ([path]) => weightKey(path, 'scale') in given.weights,
        )
        for (const [path, utilities] of normed.slice(0, 3)) {
          const h = 1e-5
          const lossAt = (factor: number) => lossWith(given, feeds, { path, channel: 0, factor })
          const [less, here, more] = [lossAt(1 - h), lossAt(1), lossAt(1 + h)]
          fc.pre(Math.abs(more + less - 2 * here) < 1e-5 * h) // no rectifier or maximum switches between them
          const effect = Math.abs(more - less) / (2 * h)
          expect(Math.abs((utilities[0] ?? Number.NaN) - effect)).toBeLessThan(1e-4 * Math.max(0.1, effect))
        }
      },
    ),
    { numRuns: 20 },
  )
})

test('Taylor’s criterion is the root mean square of the effects over batches, the running statistics fixed', async () => {
  const given = modelOf(4)(tinyNet)
  const batch = 3
  const feed = trainingFeed(dataset, { batch, seed: 0, augment: false })
  const utilities = await succeed(taylorUtilities({ engine: float64, feed, batch, batches: 2 })(given))
  const { logits } = lower({ batch, mode: 'inference' })(placed(tinyNet))
  const loss = crossEntropy(logits, op.input('targets', logits.shape))
  const effects = await Promise.all(
    [0, 1].map(async step => {
      const { images, targets } = await feed.batch(0, step)
      const at = (factor: number) => {
        const weights = numbersOf(given)
        const scaled = ['sum/body/conv/scale', 'sum/body/conv/shift'].map(
          key =>
            [
              key,
              Float64Array.from(weights[key] ?? [], (value, i) => (i === 2 ? value * factor : value)),
            ] as const,
        )
        const all = { ...weights, ...Object.fromEntries(scaled) }
        return (
          evaluate({ outputs: { loss }, updates: [] }, { images, targets }, all).outputs.loss?.[0] ??
          Number.NaN
        )
      }
      return (at(1 + 1e-5) - at(1 - 1e-5)) / 2e-5
    }),
  )
  const expected = Math.sqrt(effects.reduce((sum, effect) => sum + effect ** 2 / effects.length, 0))
  expect(Math.abs((utilities['sum/body/conv']?.[2] ?? Number.NaN) - expected)).toBeLessThan(1e-4 * expected)
})
