/** A learning rate of their own for new weights: how far they move by it, and how it goes by the gradients. */
import { describe, expect, test } from 'vitest'
import { glyphs } from '../../../src/data/spec.js'
import type { Engine } from '../../../src/engine/engine.js'
import * as op from '../../../src/graph/operations.js'
import { adamw, sgd } from '../../../src/graph/optimizer.js'
import { gradientRatio } from '../../../src/learn/growth/gradient-ratio.js'
import type { NewRate } from '../../../src/learn/growth/new-rate.js'
import { constant } from '../../../src/learn/training/learning-rate.js'
import type { Model, Weights } from '../../../src/net/weights.js'
import { convBnAct } from '../../../src/net/words/leaves.js'
import { renderMessage } from '../../../src/report/text/render-message.js'
import { checkSchedule } from '../../../src/run/schedule/check.js'
import { type Experiment, experiment } from '../../../src/run/schedule/experiment.js'
import { grow } from '../../../src/run/schedule/growth-plan.js'
import { push, train } from '../../../src/run/schedule/schedule.js'
import type { ScheduleStep, Train } from '../../../src/run/schedule/steps.js'
import { grow as grown } from '../../../src/surgery/grow/grow.js'
import { newMaskKey, newMasks } from '../../../src/surgery/remap.js'
import { available } from '../../support/engines.js'
import { evaluate } from '../../support/nets/reference.js'
import { left, right } from '../../support/nets/surgery.js'
import { freeNet } from '../../support/nets/tiny.js'
import { again, expectSame, lastOf, told } from '../../support/running.js'

const engines = await available(['wasm', 'tensorflow'])

const branch = { to: 'module', branch: convBnAct(3, 3, { name: 'new' }) } as const

const growing = (
  newRate: NewRate | null,
  warmup: object | null,
  ...steps: readonly ScheduleStep[]
): Experiment =>
  experiment(
    freeNet,
    glyphs(),
    train({ epochs: 1, batchSize: 9, lrSchedule: constant() }),
    grow({ ...branch, max: 1, minDelta: -1, newRate, warmup }, ...steps),
  )

/** One step on all images. */
const oneStep = (options: Partial<Train> = {}): Train =>
  train({ epochs: 1, batchSize: 36, learningRate: 0.05, lrSchedule: constant(), ...options })

const metAt = async (engine: Engine, of: Experiment, nth: number): Promise<Model> => {
  const { met, outcome } = await told(engine, of)
  const model = met[nth]?.[1]
  if (model === undefined) throw new Error(outcome)
  return model
}

/** How far each trained value moved, and whether it is new. */
const movesOf = (before: Model, after: Model, isNew: Weights) =>
  Object.entries(after.weights).flatMap(([key, { data }]) =>
    /\/(mean|variance)$/.test(key)
      ? []
      : Array.from(data, (value, at) => ({
          move: value - (before.weights[key]?.data[at] ?? 0),
          fresh: isNew[newMaskKey(key)]?.data[at] === 1,
        })),
  )

const optimizers = [
  ['sgd', sgd()],
  ['adamw', adamw()],
] as const

describe.each(engines)('on %s', (name, engine) => {
  test.each(name === 'wasm' ? optimizers : optimizers.slice(0, 1))(
    'with %s new weights move by the factor, old ones as ever',
    async (_, optimizer) => {
      const [base, begun] = [
        await metAt(engine, growing(null, null), 0),
        await metAt(engine, growing(null, null), 1),
      ]
      const isNew = newMasks(right(grown({ ...branch, seed: 0 })(base)).remap, base.weights)
      const by = async (newRate: NewRate | null) =>
        movesOf(begun, await metAt(engine, growing(newRate, null, oneStep({ optimizer })), 1), isNew)
      const [usual, one, three] = [await by(null), await by(1), await by(3)]
      expect(one).toEqual(usual)
      expect(usual.filter(({ fresh, move }) => fresh && Math.abs(move) > 1e-6).length).toBeGreaterThan(5)
      three.forEach(({ move, fresh }, at) => {
        expect(Math.abs(move - (fresh ? 3 : 1) * (usual[at]?.move ?? Number.NaN))).toBeLessThan(2e-6)
      })
    },
  )
})

describe.runIf(engines.some(([name]) => name === 'wasm'))('balanced', () => {
  const engine = engines.find(([name]) => name === 'wasm')?.[1] as Engine // runIf has looked
  const learning = { epochs: 3, batchSize: 9, lrSchedule: constant() }

  test('the factor begins at 1 and stays within its bounds; behind the training nothing is new', async () => {
    const run = await told(engine, growing('balance', null, train(learning), train(learning)))
    const factors = run.saved.flatMap(({ learner: { slots } }) => slots.newRate?.data[0] ?? [])
    expect(factors.length).toBeGreaterThan(1)
    for (const factor of factors) {
      expect(factor).toBeGreaterThanOrEqual(Math.fround(0.2))
      expect(factor).toBeLessThanOrEqual(5)
    }
    expect(factors.some(factor => factor !== 1)).toBe(true)
    const { slots } = lastOf(run).learner
    expect(Object.keys(slots).filter(key => key === 'newRate' || key.endsWith('/new'))).toEqual([])
  })

  test.each([
    ['by itself', null],
    ['behind a warm-up', { epochs: 1, batchSize: 9 }],
  ])('%s a run is taken up again wherever it was killed', async (_, warmup) => {
    const schedule = growing('balance', warmup, train(learning))
    const whole = await told(engine, schedule)
    expect(whole.saved.some(({ learner: { slots } }) => 'newRate' in slots)).toBe(true)
    for (const from of whole.saved.slice(0, -1))
      expectSame(await told(engine, schedule, { from: await again(from), log: whole.log }), whole)
  })
})

test('the ratio of gradients is that of the norms over new and old values', () => {
  const gradients = [
    { key: 'a/kernel', weight: op.weight('a/kernel', [2]), gradient: op.input('a', [2]) },
    { key: 'b/kernel', weight: op.weight('b/kernel', [2]), gradient: op.input('b', [2]) },
  ]
  const slots = { [newMaskKey('a/kernel')]: { shape: [2], data: Float32Array.of(0, 1) } }
  const outputs = { ratio: gradientRatio(slots)(gradients) }
  const given = { [newMaskKey('a/kernel')]: Float32Array.of(0, 1) }
  const { ratio } = evaluate(
    { outputs, updates: [] },
    { a: Float32Array.of(2, 3), b: Float32Array.of(6, 0) },
    given,
  ).outputs
  const { none } = evaluate({ outputs: { none: gradientRatio({})(gradients) }, updates: [] }, {}, {}).outputs
  expect(none?.[0]).toBe(1)
  expect(ratio?.[0]).toBeCloseTo((3 / Math.hypot(2, 6)) * Math.sqrt(3), 10)
})

test.each([
  [[], 'none'],
  [[push({ epochs: 1, batchSize: 9 }), oneStep()], 'push'],
])('without a training first there is none to have a rate', (steps, got) => {
  expect(renderMessage(left(checkSchedule(9)(growing(2, null, ...steps))))).toBe(
    `newRate: expected train as the first of the steps of grow that learns, got ${got}`,
  )
})
