/** Growing where the gradient asks: which candidate grows, what the log says of it, and what is refused. */
import { describe, expect, test } from 'vitest'
import { glyphs } from '../../../src/data/spec.js'
import type { Engine } from '../../../src/engine/engine.js'
import { constant } from '../../../src/learn/training/learning-rate.js'
import { countParams } from '../../../src/net/counts.js'
import { infer } from '../../../src/net/infer.js'
import { layersOf } from '../../../src/net/layers.js'
import type { Net } from '../../../src/net/tree.js'
import { inception } from '../../../src/net/words/combinators.js'
import { convBnAct } from '../../../src/net/words/leaves.js'
import { explainGrowths, growthsAt } from '../../../src/report/explain/growths.js'
import { renderPage } from '../../../src/report/html/page.js'
import { growthTables } from '../../../src/report/pages/growths.js'
import { scoredText } from '../../../src/report/tables/scored-growths.js'
import { renderMessage } from '../../../src/report/text/render-message.js'
import type { GrowthsScored } from '../../../src/run/events.js'
import { checkSchedule } from '../../../src/run/schedule/check.js'
import { experiment } from '../../../src/run/schedule/experiment.js'
import { type GrowStepOptions, grow } from '../../../src/run/schedule/growth-plan.js'
import { train } from '../../../src/run/schedule/schedule.js'
import { available } from '../../support/engines.js'
import { left, right } from '../../support/nets/surgery.js'
import { freeNet } from '../../support/nets/tiny.js'
import { again, eventsOf, expectSame, lastOf, type Told, told } from '../../support/running.js'

const [[, engine] = [null, null]] = await available(['wasm', 'cpu'])

const learning = { epochs: 1, batchSize: 9, learningRate: 0.01, lrSchedule: constant() }

type ByGradient = Extract<GrowStepOptions, { readonly where: 'gradient' }>

const candidates: ByGradient['candidates'] = [
  { widen: 'conv', by: 1.5 },
  { to: 'module', branch: convBnAct(3, 3, { name: 'more' }) },
  { after: 'module', module: ([, , c = 0]) => inception('next', { point: c, three: [2, 3] }) },
  { deepen: 'module/conv', module: convBnAct(3, 1, { name: 'same' }) },
]

const scheduled = (options: Partial<ByGradient>) =>
  experiment(
    freeNet,
    glyphs(),
    train(learning),
    grow({ where: 'gradient', candidates, max: 2, minDelta: -1, ...options }, train(learning)),
  )

const sizeOf = (net: Net): number => countParams(right(infer(net)))

const scoredIn = (run: Told): readonly GrowthsScored[] =>
  eventsOf(run).filter(({ _tag }) => _tag === 'growthsScored')

describe.runIf(engine !== null)('growing by the gradient', () => {
  const on = engine as Engine // runIf has looked

  test('grows the candidate with the most gradient for its cost, and says why', async () => {
    for (const per of ['params', 'macs'] as const) {
      const run = await told(on, scheduled({ per }))
      expect(run.outcome).toBe('done')
      const scored = scoredIn(run)
      expect(scored.length).toBe(2)
      scored.forEach((event, nth) => {
        expect(event).toMatchObject({ per, stage: 1, place: `1/${nth}` })
        const [before, after] = [run.met[nth]?.[1], run.met[nth + 1]?.[1]]
        for (const { gradient, cost, score } of event.candidates)
          expect(score).toBeCloseTo((gradient ?? 0) / (cost ?? 1), 12)
        const best = Math.max(...event.candidates.map(({ score }) => score ?? 0))
        const chosen = event.candidates.filter(({ fate }) => fate === 'grown')
        expect(chosen.map(({ score }) => score)).toEqual([best])
        expect(best).toBeGreaterThan(0)
        for (const { path, where, cost } of chosen) {
          expect(layersOf(after?.net ?? freeNet).has(path)).toBe(true)
          expect(layersOf(before?.net ?? freeNet).has(path)).toBe(where === 'widen')
          if (per === 'params' && before !== undefined && after !== undefined)
            expect(countParams(after) - countParams(before)).toBe(cost)
        }
      })
      expect(scored[0]?.candidates.map(({ where, at, path }) => [where, at, path])).toEqual([
        ['widen', 'conv', 'conv'],
        ['to', 'module', 'module/more'],
        ['after', 'module', 'next'],
        ['deepen', 'module/conv', 'module/conv/same'],
      ])
      expect(scored[0]?.candidates[3]?.gradient).toBe(0) // it adds no weight that begins as zero
    }
  })

  test('is taken up again wherever it was killed', async () => {
    const schedule = scheduled({})
    const whole = await told(on, schedule)
    for (const from of whole.saved.slice(0, -1))
      expectSame(await told(on, schedule, { from: await again(from), log: whole.log }), whole)
  })

  test('leaves out what the budget forbids, and ends where that is all there is', async () => {
    const params = sizeOf(freeNet)
    const some = await told(on, scheduled({ budget: { params: params + 60 }, max: 1 }))
    const [event] = scoredIn(some)
    expect(event?.candidates.some(({ fate }) => fate === 'over budget')).toBe(true)
    expect(event?.candidates.filter(({ fate }) => fate === 'grown').length).toBe(1)
    const none = await told(on, scheduled({ budget: { params } }))
    expect(eventsOf(none).find(({ _tag }) => _tag === 'roundsStopped')).toMatchObject({
      why: 'budget',
      fact: { _tag: 'OverBudget', measure: 'params', limit: params },
    })
    expect(lastOf(none).learner.model.net).toEqual(freeNet)
  })

  test('passes over a candidate that fits no more', async () => {
    const widen = { widen: 'module', by: 1.5 } as const
    const passing = { after: 'module', module: convBnAct(7, 1) } as const // as wide as the module was, and no zero weights
    const run = await told(on, scheduled({ candidates: [passing, widen] }))
    expect(scoredIn(run).map(({ candidates }) => candidates.map(({ fate }) => fate))).toEqual([
      ['less', 'grown'],
      ['unfit', 'grown'],
    ])
  })

  test('is shown by explain, by the page and on the terminal', async () => {
    const events = eventsOf(await told(on, scheduled({ max: 1 })))
    const [event] = events.filter(({ _tag }) => _tag === 'growthsScored')
    const explained = explainGrowths(growthsAt('module/more')(events))
    expect(explained).toMatch('growth 1 of step 2, by gradients over 36 images:')
    expect(explained).toMatch(/to module: module\/more +[\d.e-]+ +[\d,]+ +[\d.e-]+ +(less|grown)/)
    expect(growthsAt('head')(events)).toEqual([])
    const page = renderPage({ title: '', summary: '', content: growthTables(events), footer: '' })
    expect(page).toMatch('Growth 1: gradients over 36 images')
    expect(page).toMatch('widen conv')
    expect(scoredText(event)).toMatch(/^4 candidates by gradient per parameter: widen conv [\d.e-]+ \(/)
    expect(scoredText(event).match(/which grows/g)?.length).toBe(1)
  })

  test('a module made wider, so that it is exact, is said with its cost', async () => {
    const narrow = { after: 'module', module: inception('next', { point: 2, three: [1, 2] }) }
    const run = await told(on, scheduled({ candidates: [narrow], exact: true, max: 1 }))
    expect(run.outcome).toBe('done')
    const event = eventsOf(run).find(({ _tag }) => _tag === 'madeExact')
    expect(event).toMatchObject({ stage: 1, widened: [{ at: 'next/point', from: 2, to: 7 }] })
    expect(event.params).toBe(5 * 7 + 2 * 5 + 5 * 3) // kernel, norm, and the head's rows
    expect(run.met.map(([, , { exact }]) => exact)).toEqual([true, true])
  })
})

const check = (options: Partial<ByGradient>) => checkSchedule(9)(scheduled(options))

describe('before anything trains', () => {
  test.each<[string, Partial<ByGradient>, string]>([
    [
      'a module that changes the function',
      { candidates: [{ after: 'module', module: convBnAct(4, 1) }] },
      'layer grown: expected a module that can pass on the 7 channels of its input, got one that cannot; try exact: true, which makes one as wide',
    ],
    [
      'one that no width makes exact',
      { candidates: [{ after: 'module', module: convBnAct(4, 2, { stride: 2 }) }], exact: true },
      'layer grown: expected a module that can pass on the 7 channels of its input, got one that cannot, however wide; try a branch of 1×1 units',
    ],
    [
      'a layer that is not there',
      { candidates: [...candidates, { widen: 'nowhere', by: 2 }] },
      'widen: expected the path of a layer, got nowhere; try npm run describe -- FILE, which lists the layers',
    ],
    [
      'exact growth with other weights',
      { exact: true, init: 'noisy' },
      "exact: expected init: 'preserve', as other weights change the function, got true with init: 'noisy'",
    ],
  ])('%s is refused', (_, options, said) => {
    expect(renderMessage(left(check(options)))).toBe(said)
  })

  test('more candidates than can be weighed are refused', () => {
    const many = Array.from({ length: 101 }, () => ({ widen: 'conv', by: 2 }))
    expect(renderMessage(left(check({ candidates: many })))).toMatch(
      /^step 2 \(grow\), growths.candidates: expected 1 to 100 candidates, told by the shapes of layers that the net has, got \[/,
    )
  })

  test('what fits is not', () => {
    expect(right(check({}))).toBe(undefined)
  })
})
