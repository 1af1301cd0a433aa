/** The floor: layers of the trunk keep a share of their width; branches and bodies may be removed whole. */
import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, test } from 'vitest'
import mnist from '../../dsl/mnist.js'
import { defaultNormalize } from '../../src/learn/options.js'
import { countParams } from '../../src/net/counts.js'
import { channelsOf } from '../../src/net/shape.js'
import { concat, inception, net, residual, stack } from '../../src/net/words/combinators.js'
import { convBnAct, dense, flatten, globalAvgPool, image, maxPool } from '../../src/net/words/leaves.js'
import { defaultFloor } from '../../src/run/schedule/words/prune-defaults.js'
import { analyse } from '../../src/surgery/analysis/analysis.js'
import { findThinLayers, trunkOf, widthsOf } from '../../src/surgery/analysis/trunk.js'
import { l1, random } from '../../src/surgery/prune/criteria.js'
import { mask } from '../../src/surgery/prune/mask.js'
import { prune } from '../../src/surgery/prune/prune.js'
import { arbitraryModel, modelOf } from '../support/nets/arbitrary.js'
import { difference, forward, left, placed, right, utilitiesOf } from '../support/nets/surgery.js'

const outOf = (given: Parameters<typeof placed>[0], path: string): number =>
  channelsOf(placed(given).layers.get(path)?.output ?? [0])

const floors = fc.constantFrom(0.1, 0.25, 0.5, 1)
const goals = fc.oneof(
  fc.constantFrom(0.1, 0.3, 0.7).map(params => ({ keep: { params } })),
  fc.constantFrom(0.5, 2, 100).map(eta => ({ eta })),
)

describe('a floor', () => {
  test('is held by every value that all passes, of the widths before', () => {
    fc.assert(
      fc.property(arbitraryModel(), floors, goals, fc.nat(), (model, floor, goal, seed) => {
        const pruned = prune({ by: utilitiesOf(model.net, seed), ...goal, floor })(model)
        if (E.isLeft(pruned)) {
          expect(pruned.left._tag).toBe('OutOfReach')
          return
        }
        const { model: narrow } = pruned.right
        const [before, after] = [widthsOf(model), widthsOf(narrow)]
        for (const { at } of trunkOf(analyse(narrow)))
          expect(after[at]).toBeGreaterThanOrEqual(Math.ceil(floor * (before[at] ?? 0)))
        const masked = right(mask(pruned.right)(model))
        expect(difference(forward(masked), forward(pruned.right.model))).toBeLessThan(1e-6)
      }),
      { numRuns: 120 },
    )
  })

  /** By a threshold: the search for a target meets other cuts on its way, where the floor may bind. */
  test('changes nothing where it does not bind', () => {
    const thresholds = fc.double({ min: 0, max: 2, noNaN: true })
    fc.assert(
      fc.property(arbitraryModel(), thresholds, fc.nat(), (model, eta, seed) => {
        const cut = (floor: number) => prune({ by: utilitiesOf(model.net, seed), eta, floor })(model)
        const free = cut(0)
        if (E.isLeft(free)) return
        const [before, after] = [widthsOf(model), widthsOf(free.right.model)]
        const broken = trunkOf(analyse(free.right.model)).some(
          ({ at }) => (after[at] ?? 0) < Math.ceil(0.5 * (before[at] ?? 0)),
        )
        if (!broken) expect(cut(0.5)).toEqual(free)
      }),
      { numRuns: 60 },
    )
  })

  const cnn = net(
    'cnn',
    image(28, 28, 1),
    convBnAct(8, 3, { norm: false, padding: 'valid' }),
    maxPool(),
    convBnAct(16, 3, { norm: false, padding: 'valid' }),
    flatten,
    dense(32, { activation: 'relu' }),
    dense(10),
  )

  test('keeps a hidden dense layer that everything passes from falling to one channel', () => {
    const cut = (floor: number) =>
      right(prune({ by: l1, normalize: 'global', keep: { macs: 0.3 }, roundTo: 1, floor })(modelOf(0)(cnn)))
        .model.net
    expect(outOf(cut(0), 'dense')).toBe(1)
    expect(outOf(cut(defaultFloor), 'dense')).toBe(4)
    const usual = right(
      prune({ by: l1, normalize: defaultNormalize.l1, keep: { macs: 0.3 }, roundTo: 1 })(modelOf(0)(cnn)),
    ).model.net
    expect(outOf(usual, 'dense')).toBeGreaterThanOrEqual(16)
  })

  test('is a share of the given widths, where a net was pruned before', () => {
    const widths = widthsOf(placed(cnn))
    const once = right(
      prune({ by: l1, normalize: 'global', keep: { macs: 0.5 }, floor: 0.5 })(modelOf(0)(cnn)),
    )
    const by = random(1)
    const again = (told: object) =>
      outOf(right(prune({ by, eta: 100, floor: 0.5, ...told })(once.model)).model.net, 'dense')
    expect(again({ widths })).toBe(16)
    expect(again({})).toBe(Math.ceil(outOf(once.model.net, 'dense') / 2))
    expect(again({})).toBeLessThan(16)
  })

  const module = net(
    'module',
    image(6, 6, 1),
    convBnAct(8),
    inception('a', { point: 10, three: [6, 10], pool: 10 }),
    residual('sum', stack('body', convBnAct(5), convBnAct(30, 1, { activation: null })), {
      activation: 'relu',
    }),
    globalAvgPool,
    dense(3),
  )
  const model = modelOf(1)(module)
  const worth = (of: (path: string, channel: number) => number) =>
    Object.fromEntries(
      [...placed(module).layers.values()].flatMap(({ path, layer, output }) =>
        layer._tag === 'conv'
          ? [[path, Array.from({ length: channelsOf(output) }, (_, channel) => of(path, channel))] as const]
          : [],
      ),
    )

  test('lets whole branches and bodies be removed', () => {
    const by = worth(path => (path.startsWith('a/three') || path.startsWith('sum/body/conv') ? 0 : 1))
    const { model: narrow, bypassed } = right(
      prune({
        by: { ...by, 'sum/body/conv2': by['a/point']?.flatMap(() => [0, 0, 0]) ?? [] },
        eta: 1e-9,
        floor: 0.5,
      })(model),
    )
    expect([...placed(narrow.net).layers.keys()].filter(path => path.startsWith('a/three'))).toEqual([])
    expect(bypassed).toEqual(['sum'])
  })

  test('holds a module’s branches together, and inside its only branch', () => {
    const by = worth(path => (path === 'conv' ? 1 : 0))
    const { net: narrow } = right(prune({ by, eta: 1e-9, floor: 0.4 })(model)).model
    expect(outOf(narrow, 'a')).toBeGreaterThanOrEqual(12)
    const only = net(
      'only',
      image(6, 6, 1),
      concat('a', convBnAct(2, 1), stack('b', convBnAct(10, 1), convBnAct(10, 1))),
      globalAvgPool,
      dense(3),
    )
    const ones = { 'a/conv': [0, 0], 'a/b/conv': Array(10).fill(0), 'a/b/conv2': Array(10).fill(1) }
    const kept = right(prune({ by: ones, eta: 0.5, floor: 0.3 })(modelOf(2)(only))).model.net
    expect(outOf(kept, 'a/b/conv')).toBe(3)
    expect(outOf(kept, 'a/conv')).toBe(0)
  })

  test('is named where it puts a target out of reach', () => {
    expect(left(prune({ by: l1, keep: { params: 0.01 }, floor: 0.5 })(model))).toMatchObject({
      _tag: 'OutOfReach',
      limits: ['floor'],
    })
    for (const floor of [-0.1, 1.1, Number.NaN])
      expect(left(prune({ by: l1, eta: 1, floor })(model))).toMatchObject({ option: 'floor' })
  })

  test('of the usual height leaves the smallest nets of the shipped recipes in reach', () => {
    const { net: shipped } = mnist
    for (const seed of [0, 1, 2]) {
      const { model: small } = right(
        prune({ by: random(seed), normalize: 'raw', atMost: { params: 2400 }, floor: defaultFloor })(
          modelOf(seed)(shipped),
        ),
      )
      expect(countParams(placed(small.net))).toBeLessThanOrEqual(2400)
    }
  })

  test('layers with no more than a share left are named, with what they had', () => {
    const narrow = right(
      prune({ by: l1, normalize: 'global', keep: { macs: 0.3 }, roundTo: 1, floor: 0 })(modelOf(0)(cnn)),
    )
    const thin = findThinLayers(0.1, widthsOf(placed(cnn)))(narrow.model)
    expect(thin).toContainEqual({ at: 'dense', channels: 1, of: 32 })
    expect(thin.map(({ at }) => at)).not.toContain('dense2')
    expect(findThinLayers(0.1, widthsOf(placed(cnn)))(placed(cnn))).toEqual([])
  })
})
