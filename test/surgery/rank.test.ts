/** Ranking: each way against its definition, on layers small enough to work out by hand. */
import { describe, expect, test } from 'vitest'
import { net, residual, stack } from '../../src/net/words/combinators.js'
import { convBnAct, dense, globalAvgPool, image } from '../../src/net/words/leaves.js'
import { analyse } from '../../src/surgery/analysis/analysis.js'
import { rankChannels, residualsBelow, type Utilities } from '../../src/surgery/prune/rank.js'
import { placed } from '../support/nets/surgery.js'

const given = net(
  'n',
  image(4, 4, 1),
  convBnAct(4, 3, { name: 'stem' }),
  residual('r', stack('', convBnAct(2, 1, { name: 'in' }), convBnAct(4, 3, { name: 'out' }))),
  globalAvgPool,
  dense(2),
)
const anatomy = analyse(placed(given))

/** The scores of a layer's channels. */
const scoresOf =
  (path: string, ...[ranking, combine]: Parameters<typeof rankChannels>) =>
  (utilities: Utilities) => {
    const { score } = rankChannels(ranking, combine)(anatomy, utilities)
    return Array.from(anatomy.wiring.out.get(path) ?? [], each => score[each])
  }

const alone = { 'r/body/in': [3, 4] }
const together = { stem: [1, 2, 3, 0], 'r/body/out': [5, 0, 1, 0] }

describe('a layer alone', () => {
  test('raw: as given', () => expect(scoresOf('r/body/in', 'raw')(alone)).toEqual([3, 4]))
  test('global: over its L2 norm', () => expect(scoresOf('r/body/in', 'global')(alone)).toEqual([0.6, 0.8]))
  test('layer: the share with a lower score', () =>
    expect(scoresOf('r/body/in', 'layer')(alone)).toEqual([0, 0.5]))

  test('eta: in deviations of the positive ones', () => {
    expect(scoresOf('stem', 'eta')({ stem: [0, 1, 3, -1] })).toEqual([0, 1, 3, -1])
    expect(scoresOf('stem', 'eta')({ stem: [2, 2, 0, 2] })).toEqual([Infinity, Infinity, 0, Infinity])
    expect(scoresOf('stem', 'eta')({ stem: [0, 0, 0, 0] })).toEqual([0, 0, 0, 0])
  })
})

describe('channels that go together', () => {
  test('raw are summed by default', () => {
    expect(scoresOf('stem', 'raw')(together)).toEqual([6, 2, 4, 0])
    expect(scoresOf('stem', 'raw', 'mean')(together)).toEqual([3, 1, 2, 0])
    expect(scoresOf('stem', 'raw', 'max')(together)).toEqual([5, 2, 3, 0])
    expect(scoresOf('stem', 'raw', 'max')({ stem: [-1, -2, -3, -4] })).toEqual([-1, -2, -3, -4])
  })

  test('the others are averaged over the layers that speak', () => {
    const eta = scoresOf('stem', 'eta')
    const [a, b] = [Math.sqrt(2 / 3), 2]
    expect(eta(together)).toEqual(
      [1 / a + 5 / b, 2 / a, 3 / a + 1 / b, 0].map(sum => expect.closeTo(sum / 2, 9)),
    )
    expect(eta({ stem: [0, 1, 3, 0] })).toEqual([0, 1, 3, 0])
  })

  test('layer: ranked within the group, after they are made one', () => {
    expect(scoresOf('r/body/out', 'layer', 'max')(together)).toEqual([0.75, 0.25, 0.5, 0])
  })
})

test('a body is below the threshold when no layer in it with utilities has a channel that reaches it', () => {
  const best = new Map([
    ['r/body/in', 1],
    ['r/body/out', 2],
    ['stem', 0],
  ])
  const bodies = [['r', 'r/body']] as const
  expect(residualsBelow(bodies, best, 2.5)).toEqual(new Set(['r']))
  expect(residualsBelow(bodies, best, 2)).toEqual(new Set())
  expect(residualsBelow(bodies, new Map(), 2)).toEqual(new Set())
})
