import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { glyphs } from '../../../src/data/spec.js'
import type { Engine } from '../../../src/engine/engine.js'
import { constant } from '../../../src/learn/training/learning-rate.js'
import type { Epoch } from '../../../src/learn/training/phase.js'
import { train as trained } from '../../../src/learn/training/transforms.js'
import { init } from '../../../src/net/weights.js'
import { convBnAct } from '../../../src/net/words/leaves.js'
import type { RunObserver } from '../../../src/run/observer.js'
import { begin, resume } from '../../../src/run/run.js'
import { type Experiment, experiment } from '../../../src/run/schedule/experiment.js'
import { grow } from '../../../src/run/schedule/growth-plan.js'
import { prune, push, train, untilTarget } from '../../../src/run/schedule/schedule.js'
import { folderAt } from '../../../src/run/storage/folder.js'
import { settingsOf } from '../../../src/run/storage/settings.js'
import { openRun } from '../../../src/run/storage/stored-run.js'
import { available } from '../../support/engines.js'
import { deepFreeze, right } from '../../support/nets/surgery.js'
import { tinyData, tinyNet } from '../../support/nets/tiny.js'
import { again, bits, expectSame, lastOf, type Told, told, untimed } from '../../support/running.js'
import { failure, scratch, succeed } from '../../support/scratch.js'

const engines = await available()

const dataset = tinyData()

const learning = { epochs: 1, batchSize: 9, lrSchedule: constant({ warmup: 2 }) }

/** Dropout in the net, shifts in the data; every kind of step, and steps inside steps. */
const whole: Experiment = experiment(
  tinyNet,
  glyphs(),
  train({ ...learning, epochs: 2 }),
  grow({ after: 'module', module: convBnAct(7, 1, { name: 'grown' }), max: 1 }, train(learning)),
  untilTarget(
    { keep: { params: 0.5 }, rounds: 2 },
    push(learning),
    prune({ images: 27 }),
    train({ ...learning, distill: { temperature: 2, weight: 0.5 } }),
  ),
  train(learning),
)

/** What slower engines have the time for. */
const part: Experiment = experiment(
  tinyNet,
  glyphs(),
  train(learning),
  untilTarget({ keep: { params: 0.5 }, rounds: 1 }, push(learning), prune({ images: 9 })),
)

test.each(engines)(
  'a run on %s stopped in a push and taken up again is as if never stopped',
  async (_, engine) => {
    const first = await told(engine, part, { after: 6 })
    expect(first.outcome).toBe('Interrupted')
    const from = await again(lastOf(first))
    const resumed = await told(engine, part, { from, log: first.log })
    expectSame(resumed, await told(engine, part))
  },
)

describe.runIf(engines.some(([name]) => name === 'wasm'))('on the embedded engine', () => {
  const engine = engines.find(([name]) => name === 'wasm')?.[1] as Engine // runIf has looked
  let uninterrupted: Told
  beforeAll(async () => {
    uninterrupted = await told(engine, whole)
  })

  test('does all it was asked to', () => {
    expect(uninterrupted.outcome).toBe('done')
    const kinds = uninterrupted.log.split('\n').flatMap(line => (line === '' ? [] : JSON.parse(line)._tag))
    for (const kind of ['epoch', 'grown', 'pruned', 'roundEnded', 'stageEnded']) expect(kinds).toContain(kind)
  })

  test.each([1, 8, 13, 18, 23, 31])(
    'stopped after step %i and taken up again it is as if never stopped',
    async after => {
      const first = await told(engine, whole, { after })
      expect(first.outcome).toBe('Interrupted')
      const from = await again(lastOf(first))
      expectSame(await told(engine, whole, { from, log: first.log }), uninterrupted)
    },
  )

  test('killed anywhere between two writes, it goes on from the older one', async () => {
    expect(uninterrupted.saved.length).toBeGreaterThan(12)
    for (const from of uninterrupted.saved.slice(0, -1))
      expectSame(
        await told(engine, whole, { from: await again(from), log: uninterrupted.log }),
        uninterrupted,
      )
  })

  test('the same seed gives the same run, seed 1 another than seed 0', async () => {
    expectSame(await told(engine, whole), uninterrupted)
    const other = await told(engine, whole, { seed: 1 })
    expect(other.log).not.toBe(uninterrupted.log)
    expect(bits(lastOf(other))).not.toEqual(bits(lastOf(uninterrupted)))
  })

  test('training leaves the model it is given as it is, and scores every image of an epoch', async () => {
    const model = deepFreeze(right(init(0)(tinyNet)))
    const before = Object.entries(model.weights).map(([key, { data }]) => [key, [...data]])
    const scores: number[][] = []
    const onEpoch = ({ training, validation }: Epoch) =>
      void scores.push([training.images, validation.images])
    const ground = { engine, dataset, seed: 0, onEpoch }
    const { model: after } = await succeed(trained({ ...learning, epochs: 2 })(ground)(model))
    expect(Object.entries(model.weights).map(([key, { data }]) => [key, [...data]])).toEqual(before)
    expect(after.weights).not.toEqual(model.weights)
    expect(scores).toEqual([
      [36, 12],
      [36, 12],
    ])
  })

  test('an only step that goes too far is refused, though every weight is still a number', async () => {
    const model = right(init(0)(tinyNet))
    const far = { epochs: 1, batchSize: 36, learningRate: 1e20, lrSchedule: constant() }
    expect(await failure(trained(far)({ engine, dataset, seed: 0 })(model))).toMatchObject({
      _tag: 'Overflow',
    })
  })

  test('in a folder: stopped, its log torn by a kill, resumed', async () => {
    const settings = settingsOf(0, engine, dataset, {})
    const opened = { engine, dataset }
    const observer = (after: number): RunObserver => {
      let steps = 0
      return { onEvent: () => undefined, onStep: () => void steps++, stopping: () => steps >= after }
    }
    const logOf = (path: string) =>
      readFileSync(folderAt(path).events, 'utf8')
        .trimEnd()
        .split('\n')
        .map(line => untimed(JSON.parse(line)))
    const modelOf = (path: string) => readFileSync(folderAt(path).model)
    const short = experiment(tinyNet, glyphs(), train(learning), train({ ...learning, epochs: 2 }))

    const [straight, torn] = [join(scratch(), 'straight'), join(scratch(), 'torn')]
    await succeed(begin(straight, settings, opened, observer(Infinity))(short))
    expect(await failure(begin(torn, settings, opened, observer(6))(short))).toEqual({ _tag: 'Interrupted' })
    appendFileSync(folderAt(torn).events, '{"_tag":"epoch","stage":1')
    await succeed(resume(await succeed(openRun(torn)), opened, observer(Infinity)))
    expect(logOf(torn)).toEqual(logOf(straight))
    expect(modelOf(torn)).toEqual(modelOf(straight))

    const twice = await succeed(resume(await succeed(openRun(torn)), opened, observer(Infinity)))
    expect(twice.stages.length).toBe(2)
    expect(logOf(torn)).toEqual(logOf(straight))

    const other = { ...opened, dataset: { ...dataset, checksum: 'another' } }
    expect(await failure(resume(await succeed(openRun(torn)), other, observer(1)))).toEqual({
      _tag: 'RunDiffers',
      folder: torn,
      what: 'data checksum',
      began: 'tiny',
      now: 'another',
    })
    expect(await failure(openRun(scratch()))).toMatchObject({ _tag: 'NothingToResume' })
  })
})
