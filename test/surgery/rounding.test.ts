import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { expect, test } from 'vitest'
import { countMacs } from '../../src/net/counts.js'
import { net } from '../../src/net/words/combinators.js'
import { convBnAct, dense, globalAvgPool, image } from '../../src/net/words/leaves.js'
import { multiplesFor } from '../../src/surgery/prune/constraints/rounding.js'
import { random } from '../../src/surgery/prune/criteria.js'
import type { PruneOptions } from '../../src/surgery/prune/options.js'
import { prune } from '../../src/surgery/prune/prune.js'
import { modelOf } from '../support/nets/arbitrary.js'
import { left, placed, right } from '../support/nets/surgery.js'

const chain = (...widths: readonly number[]) =>
  net(
    'chain',
    image(4, 4, 3),
    ...widths.map((width, nth) => convBnAct(width, 1, { name: `c${nth}` })),
    globalAvgPool,
    dense(4, { name: 'out' }),
  )

const widthsOf = (options: PruneOptions, ...widths: readonly number[]) => {
  const before = modelOf(1)(chain(...widths))
  const after = right(prune(options)(before)).model
  const layers = placed(after.net).layers
  const share = countMacs(placed(after.net)) / countMacs(placed(before.net))
  return { share, widths: widths.map((_, nth) => layers.get(`c${nth}`)?.output.at(-1) ?? 0) }
}

const amounts = fc.constantFrom('macs', 'params')

test('widths are multiples of 16 where the target is in multiply–accumulates, and any where it is in parameters', () => {
  const odd = new Set<string>()
  fc.assert(
    fc.property(fc.nat(100), amounts, fc.double({ min: 0.3, max: 0.9, noNaN: true }), (seed, of, keep) => {
      const target = of === 'macs' ? { macs: keep } : { params: keep }
      const { share, widths } = widthsOf({ keep: target, by: random(seed), normalize: 'raw' }, 64, 80, 96)
      if (of === 'macs') expect(share).toBeLessThanOrEqual(keep)
      if (widths.some(width => width % 16 !== 0)) odd.add(of)
    }),
    { numRuns: 12 },
  )
  expect([...odd]).toEqual(['params'])
})

test('a layer narrower than 16 is cut to the channel, and a multiple that is named holds', () => {
  const by = random(3)
  const usual = widthsOf({ keep: { macs: 0.5 }, by, normalize: 'raw' }, 12, 12, 12)
  expect(usual.share).toBeGreaterThan(0.45) // a channel of them is a twelfth
  const named = widthsOf({ keep: { macs: 0.5 }, by, normalize: 'raw', roundTo: 5 }, 60, 60, 60)
  for (const width of named.widths) expect(width % 5).toBe(0)
})

test('the multiple gives way where the target is out of reach with it, and one that is named does not', () => {
  const options = { keep: { macs: 0.05 }, by: random(1), normalize: 'raw', minChannels: 1 } as const
  const { share, widths } = widthsOf(options, 16, 16, 16)
  expect(share).toBeLessThanOrEqual(0.05)
  expect(Math.min(...widths)).toBeLessThan(16)
  const refused = prune({ ...options, roundTo: 16 })(modelOf(1)(chain(16, 16, 16)))
  expect(left(refused)).toMatchObject({ _tag: 'OutOfReach', limits: ['minChannels', 'roundTo'] })
})

test('only targets in multiply–accumulates and latencies are rounded for', () => {
  const first = (target: Parameters<typeof multiplesFor>[1]) => multiplesFor('auto', target)[0](64)
  expect(
    [
      { keep: { macs: 0.5 } },
      { atMost: { latency: 1 } },
      { keep: { params: 0.5 } },
      { keep: { bytes: 0.5 } },
      { eta: 1 },
    ].map(first),
  ).toEqual([16, 16, 1, 1, 1])
  expect(E.isLeft(prune({ eta: 1, by: random(0), roundTo: 0 })(modelOf(1)(chain(4))))).toBe(true)
})
