/** Each place where a net may grow. */
import { describe, expect, test } from 'vitest'
import { lower } from '../../../src/graph/lower.js'
import { layersOf } from '../../../src/net/layers.js'
import type { Path } from '../../../src/net/path.js'
import type { Net } from '../../../src/net/tree.js'
import type { Model } from '../../../src/net/weights.js'
import { relu } from '../../../src/net/words/activations.js'
import { concat, identity, inception, net, residual, stack } from '../../../src/net/words/combinators.js'
import {
  conv,
  convBnAct,
  dense,
  depthwise,
  dropout,
  dropPath,
  flatten,
  globalAvgPool,
  image,
  layerNorm,
  layerScale,
  maxPool,
} from '../../../src/net/words/leaves.js'
import { grow } from '../../../src/surgery/grow/grow.js'
import { prune } from '../../../src/surgery/prune/prune.js'
import { modelOf } from '../../support/nets/arbitrary.js'
import { growing, model, withoutSum } from '../../support/nets/seedling.js'
import { difference, forward, left, right } from '../../support/nets/surgery.js'

const tree = (given: Net): readonly Path[] => [...layersOf(given).keys()].filter(path => path !== '')

describe('places', () => {
  test('after and before: beside the layer, in its stack', () => {
    expect(tree(growing({ after: 'stem/conv', module: convBnAct(4) }).model.net).slice(0, 4)).toEqual([
      'stem',
      'stem/conv',
      'stem/conv2',
      'stem/maxPool',
    ])
    expect(
      tree(
        growing({ before: 'stem/conv', module: convBnAct(2, 3, { activation: null, name: 'first' }) }).model
          .net,
      ).slice(0, 3),
    ).toEqual(['stem', 'stem/first', 'stem/conv'])
  })

  test('inside: at its place, by default at the end', () => {
    expect(growing({ inside: 'stem', at: 1, module: convBnAct(4, 3, { name: 'new' }) }).grown).toEqual([
      'stem/new',
    ])
    expect(
      tree(growing({ inside: 'stem', at: 1, module: convBnAct(4, 3, { name: 'new' }) }).model.net)[2],
    ).toBe('stem/new')
    expect(tree(growing({ inside: 'stem', module: convBnAct(4, 3, { name: 'new' }) }).model.net)[3]).toBe(
      'stem/new',
    )
  })

  test('deepen: at the end of the branch; a single unit becomes a stack of two', () => {
    const stacked = growing({ deepen: 'a/three', module: convBnAct(3) })
    expect([stacked.grown, stacked.moved]).toEqual([['a/three/conv2'], null])
    const bare = growing({ deepen: 'a/point', module: convBnAct(3) })
    expect([bare.grown, bare.moved]).toEqual([['a/point/conv2'], { from: 'a/point', to: 'a/point/conv' }])
    expect(bare.model.weights['a/point/conv/kernel']).toBe(model.weights['a/point/kernel'])
    expect(difference(forward(bare.model), forward(model))).toBeLessThan(1e-5)
  })

  test('dropout that lies deeper draws from the stream of its new path, any other from the one it had', () => {
    const model = modelOf(1)(
      net(
        'drops',
        image(4, 4, 2),
        concat('module', dropout(0.2), convBnAct(2)),
        dropout(0.1),
        globalAvgPool,
        dense(2),
      ),
    )
    const streams = (given: Model) =>
      lower({ batch: 1, mode: 'training' })(given).noise.map(({ op: of }) =>
        of.kind === 'input' ? of.name : '',
      )
    const { model: deeper, moved } = right(
      grow({ deepen: 'module/dropout', module: convBnAct(2, 1, { name: 'new' }), seed: 0 })(model),
    )
    expect(streams(model)).toEqual(['noise/module/dropout', 'noise/dropout'])
    expect(moved).toEqual({ from: 'module/dropout', to: 'module/dropout/dropout' })
    expect(streams(deeper)).toEqual(['noise/module/dropout/dropout', 'noise/dropout'])
  })

  test('a wider unit takes along what a sum ties to it', () => {
    const given = net(
      'n',
      image(6, 6, 1),
      convBnAct(4, 3, { name: 'stem' }),
      residual('r', stack('', convBnAct(2), convBnAct(4))),
      residual('s', stack('', convBnAct(2), convBnAct(4))),
      flatten,
      dense(2),
    )
    const grown = growing({ widen: 'stem', by: 1.5 }, modelOf(3)(given))
    expect(grown.grown).toEqual(['stem', 'r/body/conv2', 's/body/conv2'])
    expect(difference(forward(grown.model), forward(modelOf(3)(given)))).toBeLessThan(1e-5)
    expect(grown.model.weights['dense/kernel']?.shape).toEqual([6 * 6 * 6, 2])
  })

  test('a unit that would bend what passes loses its activation, and is named', () => {
    const given = net(
      'n',
      image(6, 6, 1),
      convBnAct(4, 3, { name: 'stem', activation: 'tanh' }),
      globalAvgPool,
      dense(2),
    )
    const grown = growing({ after: 'stem', module: convBnAct(4, 1, { name: 'new' }) }, modelOf(3)(given))
    expect([grown.linear, grown.inexact]).toEqual([['new'], null])
    expect(growing({ after: 'a', module: convBnAct(6, 1, { name: 'new' }) }).linear).toEqual([])
  })

  test('what a new branch hands on is new, though it was there before', () => {
    const given = net('n', image(4, 4, 2), concat('c', identity, convBnAct(2)), flatten, dense(2))
    for (const branch of [{ ...identity, name: 'again' }, maxPool(3, { stride: 1, name: 'again' })]) {
      const grown = growing({ to: 'c', branch }, modelOf(3)(given))
      expect(difference(forward(grown.model), forward(modelOf(3)(given)))).toBeLessThan(1e-5)
    }
    const module = concat('new', maxPool(3, { stride: 1 }), convBnAct(4))
    const grown = growing({ after: 'c', module }, modelOf(3)(given))
    expect(grown.inexact).toBeNull()
    expect(difference(forward(grown.model), forward(modelOf(3)(given)))).toBeLessThan(1e-5)
  })

  test('a sum is as low as both its sides', () => {
    const given = net('n', image(6, 6, 2), residual('r', convBnAct(2)), globalAvgPool, dense(2))
    const grown = growing({ after: 'r', module: convBnAct(2, 1, { name: 'new' }) }, modelOf(3)(given))
    expect([grown.linear, grown.inexact]).toEqual([['new'], null])
    expect(difference(forward(grown.model), forward(modelOf(3)(given)))).toBeLessThan(1e-5)
  })

  test('channels that a layer norm reads are not widened, and new ones beside them are told of', () => {
    const given = net('n', image(6, 6, 2), concat('c', convBnAct(3)), layerNorm(), flatten, dense(2))
    const before = modelOf(3)(given)
    expect(left(grow({ widen: 'c/conv', by: 2, seed: 1 })(before))).toEqual({
      _tag: 'NothingToWiden',
      at: 'c/conv',
    })
    const grown = growing({ to: 'c', branch: convBnAct(2, 3, { name: 'new' }) }, before)
    expect(grown.inexact).toEqual({ _tag: 'Normalised', at: 'layerNorm' })
  })

  test("a ConvNeXt block's body is silent by its layer scale, which then learns", () => {
    const body = stack('', depthwise(7), layerNorm(), conv(16, 1, { activation: 'gelu' }), conv(6, 1))
    const module = residual('new', stack('', body, layerScale(1e-6), dropPath(0.1)))
    const grown = growing({ after: 'r', module })
    expect(grown.inexact).toBeNull()
    expect([...(grown.model.weights['new/body/scale/scale']?.data ?? [])]).toEqual(Array(6).fill(0))
    expect(difference(forward(grown.model), forward(model))).toBeLessThan(1e-5)
  })

  test('a module too narrow to pass all says so', () => {
    const grown = growing({ after: 'stem', module: inception('new', { point: 3, three: [2, 3] }) })
    expect(grown.inexact).toEqual({ _tag: 'NoPassthrough', at: 'new', channels: 4 })
  })

  test('a residual whose body ends behind a ReLU would never learn if it were silent: it passes nothing on', () => {
    const bodies = [
      convBnAct(6),
      stack('', convBnAct(6, 3, { activation: null }), relu),
      stack('', convBnAct(6), maxPool(3, { stride: 1 })),
    ]
    for (const body of bodies)
      expect(growing({ after: 'r', module: residual('new', body) }).inexact).toMatchObject({
        _tag: 'NoPassthrough',
      })
    const wakeful = stack(
      '',
      convBnAct(6, 3, { activation: 'swish' }),
      dropout(0.1),
      maxPool(3, { stride: 1 }),
    )
    expect(growing({ after: 'r', module: residual('new', wakeful) }).inexact).toBeNull()
  })

  test('measured statistics let a batch norm pass in training as in inference', () => {
    const statistics = { mean: [0.1, 0.2, 0.3, 0.4], variance: [1, 2, 3, 4] }
    const grown = right(
      grow({ after: 'stem', module: convBnAct(5, 3, { name: 'new' }), seed: 1, statistics })(model),
    )
    expect([...(grown.model.weights['new/mean']?.data ?? [])]).toEqual([
      ...Float32Array.of(0.1, 0.2, 0.3, 0.4, 0),
    ])
    expect([...(grown.model.weights['new/shift']?.data ?? [])]).toEqual([
      ...Float32Array.of(0.1, 0.2, 0.3, 0.4, 0),
    ])
    expect([...(grown.model.weights['new/scale']?.data ?? [])]).toEqual([
      ...Float32Array.from([1, 2, 3, 4].map(v => Math.sqrt(v + 1e-5))),
      1,
    ])
    expect(difference(forward(grown.model), forward(model))).toBeLessThan(1e-5)
  })

  test('sparks are small beside the old weights', () => {
    const grown = right(
      grow({ to: 'a', branch: convBnAct(40, 3, { name: 'new' }), seed: 1, init: 'noisy', noise: 0.5 })(
        withoutSum,
      ),
    )
    const [old, now] = [withoutSum.weights['r/kernel'], grown.model.weights['r/kernel']]
    const spread = (values: readonly number[]) =>
      Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / values.length)
    const rows = [...(now?.data ?? [])].filter((_, i) => Math.floor(i / 5) % 46 >= 6)
    expect(spread(rows) / spread([...(old?.data ?? [])])).toBeCloseTo(0.5, 1)
  })

  test('the same seed grows the same model; another, another', () => {
    const growth = { after: 'a', module: inception('b', { point: 8 }) }
    const at = (seed: number): Model => right(grow({ ...growth, seed })(withoutSum)).model
    expect(at(5)).toEqual(at(5))
    expect(at(6)).not.toEqual(at(5))
  })

  test('grow, then prune what was grown: the model before', () => {
    const grown = growing({ to: 'a', branch: convBnAct(2, 3, { name: 'new' }) }, withoutSum)
    const pruned = right(prune({ channels: { 'a/new': [0, 1] } })(grown.model))
    expect(pruned.model).toEqual(withoutSum)
  })
})
