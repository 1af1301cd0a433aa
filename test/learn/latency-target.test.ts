import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { glyphs } from '../../src/data/spec.js'
import { blocking, type Engine } from '../../src/engine/engine.js'
import { pruneToLatency } from '../../src/learn/evaluation/latency-target.js'
import { countMacs } from '../../src/net/counts.js'
import type { Model, Weights } from '../../src/net/weights.js'
import { renderMessage } from '../../src/report/text/render-message.js'
import type { RunError } from '../../src/run/error.js'
import { experiment, experimentCodec, prune as pruneStep } from '../../src/run/index.js'
import type { PruneError } from '../../src/surgery/error.js'
import { l1 } from '../../src/surgery/prune/criteria.js'
import { type Pruned, prune } from '../../src/surgery/prune/prune.js'
import { modelOf } from '../support/nets/arbitrary.js'
import { placed, right } from '../support/nets/surgery.js'
import { tinyNet } from '../support/nets/tiny.js'
import { failure, succeed } from '../support/scratch.js'

const model = modelOf(1)(tinyNet)

const macs = ({ net }: Model): number => countMacs(placed(net))

/** What nets take, by their weights: a millisecond a multiply–accumulate. */
const times = new Map<Weights, number>([[model.weights, macs(model)]])

const cut = (share: number): E.Either<PruneError, Pruned> =>
  pipe(
    prune({ keep: { macs: share }, by: l1, normalize: 'global' })(model),
    E.tap(({ model }) => E.right(times.set(model.weights, macs(model)))),
  )

let clock = 0
beforeEach(() => {
  vi.spyOn(performance, 'now').mockImplementation(() => clock)
})
afterEach(() => {
  vi.restoreAllMocks()
})

const slow: Engine = {
  name: 'cpu',
  version: 'slow',
  threads: 1,
  open: (_program, constants = {}) => {
    let weights: Weights = constants
    return TE.right(
      blocking({
        run: () => {
          clock += times.get(weights) ?? Number.NaN
          return {} as never // nobody reads it
        },
        read: () => weights,
        write: values => {
          weights = values
        },
        close: () => undefined,
      }),
    )
  },
}

test.each([0.8, 0.5, 0.3])('a net is pruned to %f of its latency, and hardly further', async keep => {
  const { model: narrow } = await succeed(pruneToLatency(slow, { keep: { latency: keep } }, cut)(model))
  expect(macs(narrow)).toBeLessThanOrEqual(keep * macs(model))
  expect(narrow.net).toEqual(right(cut(Math.floor(keep * 128) / 128)).model.net)
  const { model: same } = await succeed(
    pruneToLatency(slow, { atMost: { latency: keep * macs(model) } }, cut)(model),
  )
  expect(same.net).toEqual(narrow.net)
})

test('a net that is fast enough stays as it is', async () => {
  const pruned = await succeed(pruneToLatency(slow, { atMost: { latency: macs(model) } }, cut)(model))
  expect(pruned.removed).toEqual([])
})

test('a latency that no net reaches is refused, in milliseconds', async () => {
  const refused = await failure(pruneToLatency(slow, { atMost: { latency: 0.25 } }, cut)(model))
  expect(refused).toMatchObject({ _tag: 'OutOfReach', measure: 'latency', expected: 0.25 })
  expect(
    renderMessage({ _tag: 'OutOfReach', measure: 'latency', expected: 0.25, least: 1.23456, limits: [] }),
  ).toBe(
    'target: expected at most 0.25 ms per image, got 1.23 ms per image from the fastest net measured; try a higher target',
  )
  expect(await failure(pruneToLatency(slow, { keep: { latency: 1.5 } }, cut)(model))).toMatchObject({
    _tag: 'DecodeError',
    at: 'keep.latency',
  })
})

test('a floor that holds channels back is named', async () => {
  const held = (share: number) => prune({ by: l1, keep: { macs: share }, floor: 0.9 })(model)
  const refused = await failure(pruneToLatency(slow, { keep: { latency: 0.2 } }, held)(model))
  expect(refused).toMatchObject({ _tag: 'OutOfReach', limits: ['floor'] })
  expect(renderMessage(refused as Extract<RunError, { readonly _tag: 'OutOfReach' }>)).toContain('floor')
})

test('a latency target is data', () => {
  for (const aim of [{ keep: { latency: 0.5 } }, { atMost: { latency: 0.2 } }]) {
    const whole = experiment(tinyNet, glyphs(), pruneStep(aim))
    expect(experimentCodec.decode(JSON.parse(JSON.stringify(whole)))).toEqual(E.right(whole))
  }
})
