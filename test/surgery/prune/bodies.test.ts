/** Residuals that lose their bodies. */
import { expect, test } from 'vitest'
import { countParams } from '../../../src/net/counts.js'
import { layersOf } from '../../../src/net/layers.js'
import { relu } from '../../../src/net/words/activations.js'
import { concat, net, residual, stack } from '../../../src/net/words/combinators.js'
import { batchNorm, convBnAct, dense, globalAvgPool, image } from '../../../src/net/words/leaves.js'
import { mask } from '../../../src/surgery/prune/mask.js'
import { prune } from '../../../src/surgery/prune/prune.js'
import { modelOf } from '../../support/nets/arbitrary.js'
import { all, cutting, drawn } from '../../support/nets/drawn.js'
import { difference, forward, left, placed, right } from '../../support/nets/surgery.js'

const sums = net(
  'sums',
  image(6, 6, 2),
  convBnAct(4, 3, { name: 'stem' }),
  residual(
    'r',
    stack('', convBnAct(3, 1, { name: 'in' }), convBnAct(4, 3, { name: 'out', activation: null })),
    {
      activation: 'relu',
    },
  ),
  residual('s', stack('', convBnAct(3, 1, { name: 'in' }), convBnAct(4, 3, { name: 'out' }))),
  residual('t', convBnAct(4), { shortcut: convBnAct(4, 1) }),
  globalAvgPool,
  dense(3),
)

test('the activation of a sum has a name of its own beside any shortcut', () => {
  const sum = residual('r', convBnAct(4), { shortcut: convBnAct(4, 1), activation: 'relu' })
  const named = { ...sum, shortcut: { ...convBnAct(4, 1), name: 'relu' } } // as a file may have it
  const model = modelOf(1)(
    net('n', image(6, 6, 1), convBnAct(4), named as typeof sum, globalAvgPool, dense(2)),
  )
  const pruned = right(prune({ channels: {}, bodies: ['r'] })(model))
  expect(drawn(pruned.model.net)).toContain('r/relu2: relu')
  expect(difference(forward(right(mask(pruned)(model))), forward(pruned.model))).toBeLessThan(1e-6)
})

test('a residual without body is its shortcut; an identity is removed', () => {
  const pruned = cutting(sums, { 'r/body/in': all(3), 's/body/in': all(3) })
  expect(pruned.bypassed).toEqual(['r', 's'])
  expect(drawn(pruned.model.net)).toEqual([
    'stem: conv 4',
    'r: stack',
    'r/relu: relu',
    't: residual',
    't/body: conv 4',
    't/shortcut: conv 4',
    'globalAvgPool: globalAvgPool',
    'dense: dense',
  ])
})

test('a body of one layer is removed when all its scores are below the threshold, though the sum stays', () => {
  const by = { 't/body': [0.1, 0.2, 0.1, 0.2], 't/shortcut': [5, 6, 7, 8] }
  const pruned = right(
    prune({ by, atMost: { params: countParams(placed(sums)) - 60 }, normalize: 'raw', combine: 'max' })(
      modelOf(1)(sums),
    ),
  )
  expect(pruned.bypassed).toEqual(['t'])
  expect(drawn(pruned.model.net)).toContain('t/shortcut: conv 3')
})

test('a protected body stays', () => {
  const [path, layer] = ['s/body', layersOf(sums).get('s/body')]
  const pruned = right(
    prune({ by: { 'r/body/in': [0, 0, 0], 's/body/in': [0, 0, 0] }, eta: 1, freeze: [path] })(
      modelOf(1)(sums),
    ),
  )
  expect(pruned.bypassed).toEqual(['r'])
  expect(layersOf(pruned.model.net).get(path)).toEqual(layer)
  for (const place of ['t', 't/shortcut', 't/body', ''])
    expect(left(prune({ channels: {}, bodies: ['t'], freeze: [place] })(modelOf(1)(sums)))).toEqual({
      _tag: 'FrozenBody',
      at: 't',
      reason: 'freeze',
    })
})

test('bodies go by name too, unless they are protected', () => {
  const named = { channels: {}, bodies: ['t'] }
  expect(drawn(right(prune(named)(modelOf(1)(sums))).model.net)).toContain('t/shortcut: conv 4')
  expect(left(prune({ ...named, freeze: ['t/body'] })(modelOf(1)(sums)))).toEqual({
    _tag: 'FrozenBody',
    at: 't',
    reason: 'freeze',
  })
})

test('a body has gone with the branch that its residual lies in', () => {
  const given = net(
    'n',
    image(4, 4, 1),
    concat('c', convBnAct(2), stack('b', residual('r', convBnAct(1)), convBnAct(1, 1))),
    globalAvgPool,
    dense(2),
  )
  const { model, bypassed } = right(
    prune({ channels: { 'c/b/conv': [0] }, bodies: ['c/b/r'] })(modelOf(1)(given)),
  )
  expect([model.layers.has('c/b'), bypassed]).toEqual([false, []])
})

test('a body around the image may go; its channels may not', () => {
  const given = net(
    'n',
    image(4, 4, 2),
    residual('r', stack('', convBnAct(3), convBnAct(2))),
    convBnAct(4),
    globalAvgPool,
    dense(2),
  )
  expect(left(prune({ channels: { 'r/body/conv2': [0] } })(modelOf(1)(given)))).toEqual({
    _tag: 'FrozenChannel',
    at: 'r/body/conv2',
    channel: 0,
    reason: 'input',
  })
  expect(drawn(cutting(given, { 'r/body/conv': all(3) }).model.net)[0]).toBe('conv: conv 4')
})

test('a body is removed with all layers in it', () => {
  const given = net(
    'n',
    image(4, 4, 2),
    convBnAct(3, 1, { name: 'stem' }),
    residual(
      'r',
      stack(
        '',
        convBnAct(2, 1, { name: 'in' }),
        convBnAct(2, 3, { name: 'mid' }),
        convBnAct(3, 1, { name: 'out' }),
      ),
    ),
    globalAvgPool,
    dense(2),
  )
  const { removed } = cutting(given, { 'r/body/in': all(2) })
  expect(removed.map(({ path }) => path)).toEqual(['r/body/in', 'r/body/in', 'r/body/mid', 'r/body/mid'])
})

test('a protected layer that makes no channels keeps its body', () => {
  const given = net(
    'n',
    image(4, 4, 2),
    convBnAct(3, 1, { name: 'stem' }),
    residual('r', stack('', batchNorm({ name: 'norm' }), relu)),
    globalAvgPool,
    dense(2),
  )
  const by = { 'r/body/norm': [0.1, 0.2, 0.3], stem: [7, 8, 9] }
  const options = { by, atMost: { params: 20 }, normalize: 'raw' as const, combine: 'max' as const }
  expect(right(prune(options)(modelOf(1)(given))).bypassed).toEqual(['r'])
  const predicateCodec = prune({ ...options, freeze: ['r/body/norm'] })(modelOf(1)(given))
  expect(left(predicateCodec)._tag).toBe('OutOfReach')
  expect(drawn(right(prune({ by, eta: 1, freeze: ['r/body/norm'] })(modelOf(1)(given))).model.net)).toEqual(
    drawn(given),
  )
})
