/** Repairs in a schedule: in rounds, after a push, and on fewer images than there are unknowns. */
import { describe, expect, test } from 'vitest'
import { glyphs } from '../../src/data/spec.js'
import type { Engine } from '../../src/engine/engine.js'
import { scarceHead, scarceReconstructions } from '../../src/learn/repair/scarce-fits.js'
import { constant } from '../../src/learn/training/learning-rate.js'
import type { Net } from '../../src/net/tree.js'
import { net } from '../../src/net/words/combinators.js'
import { conv, dense, flatten, image, maxPool } from '../../src/net/words/leaves.js'
import { scarceText } from '../../src/report/text/scarce-fits.js'
import type { RunEvent } from '../../src/run/events.js'
import { experiment } from '../../src/run/schedule/experiment.js'
import { prune, push, train, untilTarget } from '../../src/run/schedule/schedule.js'
import type { Repair } from '../../src/run/schedule/steps.js'
import { decisionOf } from '../../src/surgery/analysis/decision.js'
import { prune as cut } from '../../src/surgery/prune/prune.js'
import { available } from '../support/engines.js'
import { modelOf } from '../support/nets/arbitrary.js'
import { right, utilitiesOf } from '../support/nets/surgery.js'
import { tinyNet } from '../support/nets/tiny.js'
import { again, eventsOf, expectSame, lastOf, type Told, told } from '../support/running.js'

const [[, engine] = [null, null]] = await available(['wasm', 'cpu'])

const learning = { epochs: 2, batchSize: 9, lrSchedule: constant({ warmup: 2 }) }

type Steps = readonly Parameters<typeof experiment>[2][]

const cutsIn = (run: Told): readonly Extract<RunEvent, { readonly _tag: 'pruned' }>[] =>
  eventsOf(run).filter(({ _tag }) => _tag === 'pruned')

describe.runIf(engine !== null)('a repair', () => {
  const on = engine as Engine // runIf has looked
  const run = (steps: Steps, from: Parameters<typeof told>[2] = {}, of: Net = tinyNet) =>
    told(on, experiment(of, glyphs(), train({ ...learning, epochs: 12 }), ...steps), from)

  test.each(['reconstruct', 'head'] as const)(
    'by %s goes with rounds, stopped in one as never stopped',
    async repair => {
      const rounds = untilTarget(
        { keep: { macs: 0.4 }, rounds: 2 },
        prune({ by: 'taylor', repair }),
        train({ ...learning, epochs: 1, learningRate: 0.01 }),
      )
      const straight = await run([rounds])
      expect(straight.outcome).toBe('done')
      expect(cutsIn(straight).length).toBe(2)
      for (const { raw, repaired } of cutsIn(straight)) expect(repaired.loss).toBeLessThan(raw.loss)
      const first = await run([rounds], { after: 51 })
      expect(first.outcome).toBe('Interrupted')
      expectSame(await run([rounds], { from: await again(lastOf(first)), log: first.log }), straight)
    },
  )

  test.each(['taylor', 'gradientUtility'] as const)(
    'by reconstruction goes with a push whose fade a prune by %s goes beyond, and keeps more than batch norm alone',
    async by => {
      const lossAfter = async (repair: Repair) => {
        const steps = [
          push({ ...learning, keep: { macs: 0.75 } }),
          prune({ by, keep: { macs: 0.45 }, repair }),
        ]
        const pushed = await run(steps)
        expect(pushed.outcome).toBe('done')
        return cutsIn(pushed)[0]?.repaired.loss ?? Number.NaN
      }
      const [normed, fitted] = [await lossAfter('batchNorm'), await lossAfter('reconstruct')]
      expect(fitted).toBeLessThan(normed)
    },
  )

  test('on fewer images than unknowns is told of, and leaves numbers', async () => {
    const few = await run([prune({ by: 'l1', keep: { macs: 0.5 }, repair: 'reconstruct', images: 2 })])
    expect(few.outcome).toBe('done')
    const [{ scarce = [], repaired } = { scarce: [], repaired: { loss: Number.NaN } }] = cutsIn(few)
    expect(scarce.length).toBeGreaterThan(0)
    expect(Number.isFinite(repaired.loss)).toBe(true)
    const enough = await run([prune({ by: 'l1', keep: { macs: 0.5 }, repair: 'reconstruct', images: 36 })])
    expect(cutsIn(enough)[0]).not.toHaveProperty('scarce')
  })
})

test('counts the inputs of an output against the positions that are looked at', () => {
  const flat = net('flat', image(32, 32, 1), conv(4), maxPool(), conv(6, 5), flatten, dense(8), dense(3))
  const model = modelOf(1)(flat)
  const pruned = right(cut({ keep: { params: 0.6 }, by: utilitiesOf(flat, 2), normalize: 'layer' })(model))
  const widthOf = (path: string) => pruned.model.layers.get(path)?.output.at(-1) ?? 0
  const unknowns = 25 * widthOf('conv')
  const dense1 = pruned.model.layers.get('dense')?.input[0] ?? 0
  // of a map of 16×16 every other row and column, so 8×8 positions of an image
  expect(scarceReconstructions(1, pruned)).toEqual([
    ...(unknowns > 64 ? [{ at: 'conv2', unknowns, positions: 64 }] : []),
    { at: 'dense', unknowns: dense1, positions: 1 },
    { at: 'dense2', unknowns: widthOf('dense'), positions: 1 },
  ])
  expect(scarceReconstructions(dense1, pruned)).toEqual([])
  const { head } = right(decisionOf(pruned.model))
  expect(scarceHead(2, pruned.model, head)).toEqual([
    { at: 'dense2', unknowns: widthOf('dense'), positions: 2 },
  ])
  expect(scarceHead(widthOf('dense'), pruned.model, head)).toEqual([])
})

test('names those with the fewest positions, and counts the others', () => {
  const fits = [1, 4, 2, 3].map(nth => ({ at: `fc${nth}`, unknowns: 1000 * nth, positions: 300 }))
  expect(scarceText(fits)).toBe(
    'fitted with too few images to tell all weights: fc4 4,000 inputs from 300 positions, fc3 3,000 inputs from 300 positions, fc2 2,000 inputs from 300 positions, 1 more; a ridge holds them near what they were',
  )
})
