/** The warm-up of what has grown: only that moves, on every engine, and it is taken up again as if never stopped. */
import { describe, expect, test } from 'vitest'
import { glyphs } from '../../../src/data/spec.js'
import type { Engine } from '../../../src/engine/engine.js'
import { adamw } from '../../../src/graph/optimizer.js'
import type { TrainOptions } from '../../../src/learn/options.js'
import type { Layer } from '../../../src/net/tree.js'
import type { Weights } from '../../../src/net/weights.js'
import { concat, inception, residual } from '../../../src/net/words/combinators.js'
import { convBnAct } from '../../../src/net/words/leaves.js'
import { type Experiment, experiment } from '../../../src/run/schedule/experiment.js'
import { grow } from '../../../src/run/schedule/growth-plan.js'
import { train } from '../../../src/run/schedule/schedule.js'
import { grow as grown } from '../../../src/surgery/grow/grow.js'
import { newMaskKey, newMasks } from '../../../src/surgery/remap.js'
import { available } from '../../support/engines.js'
import { right } from '../../support/nets/surgery.js'
import { tinyNet } from '../../support/nets/tiny.js'
import { again, expectSame, lastOf, told } from '../../support/running.js'

const engines = await available()

const learning = { epochs: 1, batchSize: 9, learningRate: 0.05 }

/** A net that has learnt, then grown and warmed up, and nothing after. */
const warmed = (after: string, module: Layer, warmup: Partial<TrainOptions> | null): Experiment =>
  experiment(
    tinyNet,
    glyphs(),
    train(learning),
    grow({ after, module, max: 1, warmup: warmup && { ...learning, ...warmup }, minDelta: -1 }),
  )

const bitsOf = ({ data = new Float32Array() }: Partial<Weights[string]>) =>
  new Uint32Array(data.buffer, data.byteOffset, data.length)

/** The base, the net as it grew, and as it was after a warm-up. */
const models = async (engine: Engine, of: (warmup: Partial<TrainOptions> | null) => Experiment) => {
  const [begun, after] = [await told(engine, of(null)), await told(engine, of({ epochs: 2 }))]
  expect([begun.outcome, after.outcome]).toEqual(['done', 'done'])
  expect(lastOf(after).learner.slots).toEqual({})
  return [begun.met[0]?.[1], begun.met[1]?.[1], after.met[1]?.[1]] as const
}

const growths: readonly (readonly [string, string, Layer])[] = [
  ['a wider unit', 'conv', convBnAct(8, 3, { name: 'new' })],
  ['a module', 'conv', inception('new', { point: 7, three: [2, 3], pool: 2 })],
  ['a residual', 'conv', residual('new', convBnAct(6, 3, { activation: null }))],
  ['one that passes nothing on', 'module', concat('new', convBnAct(4, 1), convBnAct(3, 1))],
  ['a unit in a branch', 'module/conv', convBnAct(3, 1, { name: 'new' })],
]

describe.each(engines)('on %s', (name, engine) => {
  test.each(name === 'wasm' ? growths : growths.slice(0, 1))(
    '%s: what is new learns, what is old stays, bit for bit',
    async (_, after, module) => {
      const options = name === 'wasm' ? [{}, { optimizer: adamw(), learningRate: 0.01, clipNorm: 1 }] : [{}]
      for (const each of options) {
        const [base, begun, now] = await models(engine, warmup =>
          warmed(after, module, warmup && { ...each, ...warmup }),
        )
        if (base === undefined || begun === undefined || now === undefined)
          throw new Error('three nets are met')
        const isNew = newMasks(right(grown({ after, module, seed: 0 })(base)).remap, base.weights)
        expect(Object.keys(isNew).length).toBeGreaterThan(0)
        for (const key of Object.keys(now.weights)) {
          const flags = isNew[newMaskKey(key)]?.data
          const [first, last] = [bitsOf(begun.weights[key] ?? {}), bitsOf(now.weights[key] ?? {})]
          expect([key, last.filter((_, at) => flags?.[at] !== 1)]).toEqual([
            key,
            first.filter((_, at) => flags?.[at] !== 1),
          ])
          if (flags !== undefined) expect([key, last]).not.toEqual([key, first])
        }
      }
    },
  )
})

describe.runIf(engines.some(([name]) => name === 'wasm'))('on the embedded engine', () => {
  const engine = engines.find(([name]) => name === 'wasm')?.[1] as Engine // runIf has looked

  test('a run stopped or killed in a warm-up goes on as if not', async () => {
    const whole = experiment(
      tinyNet,
      glyphs(),
      train(learning),
      grow(
        {
          after: 'module',
          module: convBnAct(7, 1),
          max: 2,
          warmup: { ...learning, epochs: 2 },
          minDelta: -1,
        },
        train(learning),
      ),
    )
    const straight = await told(engine, whole)
    expect(straight.log.match(/"_tag":"epoch"/g)?.length).toBe(1 + 2 * (2 + 1))
    for (const from of straight.saved.slice(0, -1))
      expectSame(await told(engine, whole, { from: await again(from), log: straight.log }), straight)
    const first = await told(engine, whole, { after: 7 })
    expect(first.outcome).toBe('Interrupted')
    expectSame(await told(engine, whole, { from: await again(lastOf(first)), log: first.log }), straight)
  })
})
