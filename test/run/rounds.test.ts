import * as fc from 'fast-check'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { beforeAll, describe, expect, test } from 'vitest'
import { evaluationFeed } from '../../src/data/pipeline/batches.js'
import { glyphs } from '../../src/data/spec.js'
import type { Engine } from '../../src/engine/engine.js'
import { checkPruned } from '../../src/learn/evaluation/check-pruned.js'
import { evaluate, evaluationBatch } from '../../src/learn/evaluation/evaluate.js'
import { accuracyOf, noScore } from '../../src/learn/evaluation/score.js'
import { constant } from '../../src/learn/training/learning-rate.js'
import { train as trained } from '../../src/learn/training/transforms.js'
import { init, type Model } from '../../src/net/weights.js'
import { renderMessage } from '../../src/report/text/render-message.js'
import { compareBeforeAfter } from '../../src/run/comparison.js'
import type { RoundsBaseline } from '../../src/run/cursor.js'
import type { RunError } from '../../src/run/error.js'
import type { RunEvent } from '../../src/run/events.js'
import { experiment } from '../../src/run/schedule/experiment.js'
import { prune, train, untilTarget, whileAccuracy } from '../../src/run/schedule/schedule.js'
import type { Rounds } from '../../src/run/schedule/steps.js'
import { leastWithin, parseWithin, type WithinWord } from '../../src/run/schedule/words/within.js'
import { roundsKind, targetOfRound } from '../../src/run/steps/rounds.js'
import type { StepContext, StepState } from '../../src/run/steps/step-context.js'
import { calibrationFor } from '../../src/run/steps/step-context.js'
import { noModels } from '../../src/run/storage/kept-models.js'
import { l1 } from '../../src/surgery/prune/criteria.js'
import { prune as cut } from '../../src/surgery/prune/prune.js'
import { available } from '../support/engines.js'
import { right } from '../support/nets/surgery.js'
import { tinyData, tinyNet } from '../support/nets/tiny.js'
import { again, expectSame, stepEnv, type Told, told } from '../support/running.js'
import { failure, succeed } from '../support/scratch.js'

const [[, engine] = [null, null]] = await available(['wasm', 'cpu'])

const dataset = tinyData()

const base: RoundsBaseline = { params: 1000, macs: 50_000, bytes: 4400, accuracy: 0.9 }

describe('the aim of a round', () => {
  const rounds = fc.integer({ min: 1, max: 9 })
  const share = fc.double({ min: 0.01, max: 1, noNaN: true })

  test('falls by equal ratios to the share expected', () => {
    fc.assert(
      fc.property(rounds, share, fc.constantFrom('params', 'macs', 'bytes'), (count, kept, what) => {
        const until = { keep: { [what]: kept } } as { keep: { params: number } } // one of three
        const step = untilTarget({ ...until, rounds: count })
        const left = Array.from({ length: count }, (_, nth) => {
          const aim = targetOfRound(step, base, nth + 1)
          return 'atMost' in aim ? (Object.entries(aim.atMost).find(([key]) => key === what)?.[1] ?? 0) : 0
        })
        const start = base[what]
        left.forEach((figure, nth) => {
          expect(figure / (left[nth - 1] ?? start)).toBeCloseTo(kept ** (1 / count), 9)
        })
        expect(left.at(-1)).toBeCloseTo(kept * start, 6)
      }),
    )
  })

  test('reaches a figure in the same way, and η in equal steps', () => {
    fc.assert(
      fc.property(rounds, share, (count, part) => {
        const step = untilTarget({ atMost: { params: part * base.params }, rounds: count })
        expect(targetOfRound(step, base, count)).toEqual({
          atMost: { params: expect.closeTo(part * base.params, 6) },
        })
        const middle = targetOfRound(step, base, 1)
        expect(middle).toEqual({ atMost: { params: expect.closeTo(base.params * part ** (1 / count), 6) } })
        const rising = whileAccuracy({ within: 0.1, eta: part, rounds: count })
        for (let nth = 1; nth <= count; nth++)
          expect(targetOfRound(rising, base, nth)).toEqual({ eta: expect.closeTo(part * nth, 9) })
      }),
    )
  })
})

test('a bound in percent is a share of the accuracy at the start, in points or as a number a difference', () => {
  const hundredths = fc.integer({ min: 0, max: 100 })
  fc.assert(
    fc.property(hundredths, hundredths, (lost, start) => {
      const [part, accuracy] = [lost / 100, start / 100]
      const least = (word: WithinWord) => leastWithin(parseWithin(word), accuracy)
      expect(least(`${lost}%`)).toBe(accuracy * (1 - part))
      expect(least(`${lost} points`)).toBe(accuracy - part)
      expect(least(part)).toBe(accuracy - part)
    }),
  )
  const messageOf = (word: WithinWord) =>
    renderMessage({ _tag: 'LostTooMuch', round: 1, within: parseWithin(word) })
  expect(messageOf('2.5%')).toBe(
    'round 2: expected validation accuracy within 2.5 % of the accuracy it began with, got less',
  )
  expect(messageOf('1 points')).toBe(
    'round 2: expected validation accuracy within 1 point of the start, got less',
  )
})

describe.runIf(engine !== null)('rounds', () => {
  const on = engine as Engine // runIf has looked
  let good: Model
  let ruined: Model

  const validated = async (model: Model) =>
    accuracyOf(
      await succeed(
        evaluate(on)(evaluationFeed(dataset, dataset.validation, { batch: evaluationBatch }))(model),
      ),
    )

  beforeAll(async () => {
    const options = { epochs: 24, batchSize: 9, lrSchedule: constant() }
    const ground = { engine: on, dataset, seed: 1 }
    good = (await succeed(trained(options)(ground)(right(init(0)(tinyNet))))).model
    const kernel = good.weights['dense/kernel'] ?? { shape: [], data: new Float32Array() }
    ruined = {
      ...good,
      weights: { ...good.weights, 'dense/kernel': { ...kernel, data: kernel.data.map(() => 0) } },
    }
    expect(await validated(good)).toBeGreaterThan(0.6)
    expect(await validated(ruined)).toBeLessThan(0.5)
  })

  /** Rounds whose every step ends in what is told of its round. */
  const run = async (rounds: Rounds, ends: readonly (Model | RunError)[]) => {
    const events: RunEvent[] = []
    let nth = 0
    const env: StepContext = {
      ...stepEnv(on, dataset, events),
      runStep: () => state => {
        const end = ends[nth++] ?? good
        return '_tag' in end
          ? TE.left(end)
          : TE.right({ ...state, learner: { ...state.learner, model: end } })
      },
    }
    const start: StepState = {
      learner: { model: good, slots: { used: { shape: [], data: Float32Array.of(1) } } },
      models: noModels,
      stopped: null,
    }
    const outcome = await roundsKind.run(env, rounds)({ ...start, cursor: null })()
    return { outcome, events, taken: nth }
  }

  const roundsOf = (within: number | null): Rounds => ({
    _tag: 'rounds',
    rounds: 4,
    target: { keep: { params: 0.1 } },
    within,
    steps: [prune()],
  })

  const other = (): Model => ({ ...good, weights: { ...good.weights } })

  test('that lose too much end with the last net that did not, its optimizer as new', async () => {
    const second = other()
    const { outcome, events, taken } = await run(roundsOf(0.05), [other(), second, ruined])
    const held = right(outcome)
    expect(held.learner.model).toBe(second)
    expect(held.learner.slots).toEqual({})
    const { stopped } = held
    expect(stopped).toMatchObject({
      why: 'accuracy',
      fact: { _tag: 'LostTooMuch', round: 2, within: 0.05, lost: expect.any(Number) },
    })
    expect(taken).toBe(3)
    expect(events.map(event => (event._tag === 'roundEnded' ? event.kept : event))).toEqual([
      true,
      true,
      false,
      { _tag: 'roundsStopped', stage: 0, ...stopped },
    ])
  })

  test('that lose too much at once end where they began', async () => {
    expect(right((await run(roundsOf(0.05), [ruined])).outcome).learner.model).toBe(good)
  })

  test('that took every cut back have nothing to compare', async () => {
    const { model: narrow } = right(cut({ keep: { params: 0.5 }, by: l1 })(good))
    const compared = (model: Model) =>
      succeed(
        compareBeforeAfter(
          stepEnv(on, dataset, []),
          noScore,
        )({
          learner: { model, slots: {} },
          models: { ...noModels, original: good },
        }),
      )
    expect(await compared(good)).toBeNull()
    expect(await compared(narrow)).toHaveLength(2)
  })

  test('inside rounds leave the net to be taken back as it is', async () => {
    const env = stepEnv(on, dataset, [])
    const inner = other()
    const start: StepState = { learner: { model: good, slots: {} }, models: noModels, stopped: null }
    const ends = [inner, ruined]
    const runStep: StepContext['runStep'] = (context, step) =>
      step._tag === 'rounds'
        ? roundsKind.run(context, step)
        : state => TE.right({ ...state, learner: { ...state.learner, model: ends.shift() ?? ruined } })
    const around: Rounds = { ...roundsOf(0.05), steps: [{ ...roundsOf(null), rounds: 2 }] }
    const end = right(await roundsKind.run({ ...env, runStep }, around)({ ...start, cursor: null })())
    expect(end.learner.model).toBe(good)
    expect(end.models.accepted).toEqual({})
  })

  test('without a bound keep whatever comes', async () => {
    const { outcome, events } = await run(roundsOf(null), [ruined, ruined, ruined, ruined])
    expect(right(outcome).learner.model).toBe(ruined)
    expect(events.every(event => event._tag === 'roundEnded' && event.kept)).toBe(true)
  })

  test.each<RunError>([
    { _tag: 'OutOfReach', measure: 'params', expected: 10, least: 20, limits: [] },
    { _tag: 'EmptyNet', at: 'conv' },
  ])('that find nothing left to cut end, and say so, but fail where they never cut: $_tag', async end => {
    const first = other()
    const { outcome, events } = await run(roundsOf(null), [first, end])
    expect(right(outcome).learner.model).toBe(first)
    expect(right(outcome).stopped).toEqual({ why: 'nothing left to cut', fact: end })
    expect(events.at(-1)).toEqual({
      _tag: 'roundsStopped',
      stage: 0,
      why: 'nothing left to cut',
      fact: end,
    })
    expect((await run(roundsOf(null), [end])).outcome).toMatchObject({ left: end })
  })

  test('pass on what else goes wrong', async () => {
    const fault: RunError = { _tag: 'NotProven', difference: 1, tolerance: 1e-5 }
    expect((await run(roundsOf(null), [other(), fault])).outcome).toMatchObject({ left: fault })
  })

  test('that broke the bound and were killed anywhere go on as if not', async () => {
    const learning = { epochs: 1, batchSize: 9, lrSchedule: constant() }
    const steps = [prune({ by: 'random', images: 9 })]
    const broken = experiment(
      tinyNet,
      glyphs(),
      train({ ...learning, epochs: 16 }),
      untilTarget({ keep: { params: 0.1 }, rounds: 4, within: 0.1 }, ...steps),
      train(learning),
    )
    const whole: Told = await told(on, broken)
    expect(whole.log).toContain('"why":"accuracy"')
    for (const from of whole.saved.filter(({ stages }) => stages.length === 1))
      expectSame(await told(on, broken, { from: await again(from), log: whole.log }), whole)
  })

  test('take no cut whose net answers otherwise', async () => {
    const env = { engine: on, dataset, seed: 0, place: [0] }
    const sight = calibrationFor(env, 18)
    const pruned = right(cut({ keep: { params: 0.5 }, by: l1 })(good))
    await succeed(checkPruned(sight)(good, pruned))
    const bias = pruned.model.weights['dense/bias'] ?? { shape: [], data: new Float32Array() }
    const wrong = { ...bias, data: bias.data.map(value => value + 0.01) }
    const tampered = {
      ...pruned,
      model: { ...pruned.model, weights: { ...pruned.model.weights, 'dense/bias': wrong } },
    }
    expect(await failure(checkPruned(sight)(good, tampered))).toMatchObject({
      _tag: 'NotProven',
      tolerance: 1e-5,
    })
    const noNumber = { ...bias, data: bias.data.map(() => Number.NaN) }
    const broken = {
      ...pruned,
      model: { ...pruned.model, weights: { ...pruned.model.weights, 'dense/bias': noNumber } },
    }
    expect(await failure(checkPruned(sight)(good, broken))).toMatchObject({ _tag: 'NotProven' })
  })
})
