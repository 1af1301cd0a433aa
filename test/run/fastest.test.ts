import { writeFileSync } from 'node:fs'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { glyphs } from '../../src/data/spec.js'
import { blocking, type Engine, type EngineName } from '../../src/engine/engine.js'
import { enginesOf, openEngine } from '../../src/engine/open.js'
import { train as learn } from '../../src/learn/training/transforms.js'
import type { Net } from '../../src/net/tree.js'
import { net } from '../../src/net/words/combinators.js'
import { convBnAct, dense, globalAvgPool, image } from '../../src/net/words/leaves.js'
import { choiceText } from '../../src/report/text/engine-choice.js'
import { chooseEngine } from '../../src/run/engines/choose-engine.js'
import { chooseEngineOnce } from '../../src/run/engines/remembered-choice.js'
import { experiment } from '../../src/run/schedule/experiment.js'
import { prune, push, train, untilTarget } from '../../src/run/schedule/schedule.js'
import { available } from '../support/engines.js'
import { modelOf } from '../support/nets/arbitrary.js'
import { tinyData, tinyNet } from '../support/nets/tiny.js'
import { scratch, succeed } from '../support/scratch.js'

const dataset = tinyData()
const learning = { epochs: 1, batchSize: 9 }
const of = (...steps: Parameters<typeof experiment>[2][]) => experiment(tinyNet, glyphs(), ...steps)
const base = of(train(learning))

describe('of several engines', () => {
  let clock = 0
  beforeEach(() => {
    clock = 0
    vi.spyOn(performance, 'now').mockImplementation(() => clock)
  })
  afterEach(() => {
    vi.restoreAllMocks()
  })

  /** An engine whose steps take so many milliseconds, the first more. */
  const taking = (name: EngineName, milliseconds: number, first = milliseconds) => {
    const steps: string[] = []
    const engine: Engine = {
      name,
      version: 'timed',
      threads: 1,
      open: () =>
        TE.right(
          blocking({
            run: call => {
              clock += steps.length === 0 ? first : milliseconds
              steps.push(String(call))
              return {} as never // nobody reads it
            },
            read: () => ({}),
            write: () => undefined,
            close: () => undefined,
          }),
        ),
    }
    return { engine, steps }
  }

  const broken: Engine = {
    name: 'wasm',
    version: 'broken',
    threads: 1,
    open: () => TE.left({ _tag: 'EngineFailed', engine: 'wasm', reason: 'no memory' }),
  }

  test.each([
    [base],
    [of(push(learning), prune({ keep: { params: 0.5 } }))],
    [of(untilTarget({ keep: { params: 0.5 }, rounds: 1 }, train(learning), prune({ by: 'l1' })))],
  ])('the one whose training step is faster is taken, whatever its first step takes', async begun => {
    const [slow, fast] = [taking('tensorflow', 24), taking('wasm', 8.4, 300)]
    const choice = await chooseEngine([slow.engine, fast.engine])(begun, dataset, 0)()
    expect(choice.engine).toBe(fast.engine)
    expect(choice.paces.map(({ milliseconds }) => milliseconds)).toEqual([
      expect.closeTo(8.4),
      expect.closeTo(24),
    ])
    expect(choiceText(choice)).toBe(
      'using wasm: a training step takes 8.4 ms on wasm, 24 ms on tensorflow; --engine chooses another',
    )
    for (const { steps } of [slow, fast]) {
      expect(new Set(steps)).toEqual(new Set(['train']))
      expect(steps.length).toBeLessThan(12)
    }
  })

  test('an engine whose first step is clearly slower takes no second', async () => {
    const [quick, slow] = [taking('tensorflow', 100), taking('wasm', 3000)]
    const choice = await chooseEngine([quick.engine, slow.engine])(base, dataset, 0)()
    expect([choice.engine, slow.steps.length]).toEqual([quick.engine, 1])
  })

  test('an engine that cannot take the step is not taken; where none can, the usual one is, to say why', async () => {
    const slow = taking('tensorflow', 24)
    expect(await chooseEngine([broken, slow.engine])(base, dataset, 0)()).toMatchObject({
      engine: slow.engine,
    })
    const choice = await chooseEngine([broken, broken])(base, dataset, 0)()
    expect([choice, choiceText(choice)]).toEqual([{ engine: broken, paces: [] }, null])
  })

  const huge = net(
    'huge',
    image(6, 6, 1),
    convBnAct(4000),
    convBnAct(4000),
    globalAvgPool,
    dense(3),
  ) satisfies Net

  test.each([
    ['a net too large for it', experiment(huge, glyphs(), train({ ...learning, batchSize: 20 })), 2],
    ['a schedule that cannot be', of(train(learning), prune({ by: 'l1' })), 2],
    ['a schedule in which nothing is learnt', of(prune({ by: 'l1', keep: { params: 0.9 } })), 2],
    ['a single engine', base, 1],
  ])('%s is not timed', async (_, begun, count) => {
    const [usual, other] = [taking('tensorflow', 24), taking('wasm', 8)]
    const [first, ...rest] = [usual.engine, other.engine].slice(0, count)
    const choice = await chooseEngine([first ?? usual.engine, ...rest])(begun, dataset, 0)()
    expect([choice, usual.steps, other.steps]).toEqual([{ engine: usual.engine, paces: [] }, [], []])
  })
})

test('what is timed disturbs nothing: the run afterwards has the same weights, bit for bit', async () => {
  for (const [, engine] of await available(['wasm', 'tensorflow'])) {
    const trained = () =>
      succeed(learn({ ...learning, epochs: 2 })({ engine, dataset, seed: 0 })(modelOf(1)(tinyNet)))
    const before = await trained()
    const { paces } = await chooseEngine([engine, engine])(base, dataset, 0)()
    expect(paces).toHaveLength(2)
    expect(await trained()).toEqual(before)
  }
})

describe('a choice that was made before', () => {
  beforeEach(() => {
    vi.stubEnv('ESPALIER_CACHE', scratch())
  })
  afterEach(() => {
    vi.unstubAllEnvs()
  })

  test('is made again without a step, for the same net and batch size alone', async () => {
    const [one, two] = [await succeed(openEngine('wasm', 1)), await succeed(openEngine('wasm', 2))]
    let opened = 0
    const counting = (engine: Engine): Engine => ({
      ...engine,
      open: (program, constants) => {
        opened++
        return engine.open(program, constants)
      },
    })
    const choose = (begun: typeof base) =>
      chooseEngineOnce([counting(one), counting(two)])(begun, dataset, 0)()
    const first = await choose(base)
    expect([opened, first.file]).toEqual([2, undefined])
    const again = await choose(base)
    expect([opened, again.engine.threads]).toEqual([2, first.engine.threads])
    expect(again.paces.map(({ milliseconds }) => milliseconds)).toEqual(
      first.paces.map(({ milliseconds }) => milliseconds),
    )
    expect(choiceText(again)).toMatch(/^using wasm with \d threads?: .* took .* they are timed anew$/)
    await choose(of(train({ ...learning, batchSize: 6 })))
    expect(opened).toBe(4)
    writeFileSync(again.file ?? '', '[{ "name": "wasm" }]')
    await choose(base)
    expect(opened).toBe(6)
  })
})

test('without a name each engine is a candidate with all threads and with one, the usual one first', async () => {
  const engines = await succeed(enginesOf())
  const usual = await succeed(openEngine())
  expect(engines[0]).toMatchObject({ name: usual.name, threads: usual.threads })
  const keys = engines.map(({ name, threads }) => `${name} ${threads}`)
  expect(new Set(keys).size).toBe(keys.length)
  expect(keys).toContain('wasm 1')
  expect(await succeed(enginesOf('wasm'))).toHaveLength(1)
})
