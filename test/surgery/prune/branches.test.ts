/** How the tree closes around what a cut removes: branches, inputs, and what has to stay. */
import { expect, test } from 'vitest'
import { countParams } from '../../../src/net/counts.js'
import { relu } from '../../../src/net/words/activations.js'
import { concat, identity, inception, net, residual, stack } from '../../../src/net/words/combinators.js'
import { convBnAct, dense, flatten, globalAvgPool, image, maxPool } from '../../../src/net/words/leaves.js'
import { prune } from '../../../src/surgery/prune/prune.js'
import { modelOf } from '../../support/nets/arbitrary.js'
import { all, cutting, drawn } from '../../support/nets/drawn.js'
import { left, placed, right } from '../../support/nets/surgery.js'

const module = net(
  'module',
  image(6, 6, 2),
  convBnAct(4, 3, { name: 'stem' }),
  inception('a', { point: 2, three: [2, 3], pool: 2 }),
  globalAvgPool,
  dense(3),
)

test('a branch with an empty layer is removed whole', () => {
  const pruned = cutting(module, { 'a/three/reduce': all(2) })
  expect(drawn(pruned.model.net).filter(line => line.startsWith('a'))).toEqual([
    'a: concat',
    'a/point: conv 2',
    'a/pool: stack',
    'a/pool/maxPool: maxPool',
    'a/pool/conv: conv 2',
  ])
  expect(pruned.removed.map(({ path, why }) => `${path} ${why}`)).toEqual([
    'a/three/reduce utility',
    'a/three/reduce utility',
    'a/three/conv starved',
    'a/three/conv starved',
    'a/three/conv starved',
  ])
})

test('a concat of one branch is that branch, at the same path', () => {
  const pruned = cutting(module, { 'a/point': all(2), 'a/pool/conv': all(2) })
  expect(drawn(pruned.model.net).filter(line => line.startsWith('a'))).toEqual([
    'a: stack',
    'a/three: stack',
    'a/three/reduce: conv 2',
    'a/three/conv: conv 3',
  ])
})

test('the output keeps a channel to be computed from', () => {
  expect(left(prune({ channels: { stem: all(4) } })(modelOf(1)(module)))).toEqual({
    _tag: 'EmptyNet',
    at: 'stem',
  })
  const by = { stem: [1, 2, 3, 4].map(x => x / 1e6), 'a/point': [5, 6] }
  expect(left(prune({ by, eta: 100 })(modelOf(1)(module)))).toMatchObject({ _tag: 'EmptyNet' })
  const least = right(prune({ by, atMost: { params: 110 }, normalize: 'raw' })(modelOf(1)(module)))
  expect(drawn(least.model.net)[0]).toBe('stem: conv 1')
})

test('a starving branch whose channels are bound to others keeps its best', () => {
  const given = net(
    'n',
    image(4, 4, 2),
    convBnAct(4, 1, { name: 'stem' }),
    residual(
      'r',
      concat(
        '',
        stack('one', convBnAct(2, 1, { name: 'in' }), convBnAct(2)),
        convBnAct(2, 1, { name: 'two' }),
      ),
    ),
    globalAvgPool,
    dense(2),
  )
  expect(left(prune({ channels: { 'r/body/one/in': all(2) } })(modelOf(1)(given)))).toEqual({
    _tag: 'EmptyNet',
    at: 'r/body/one/in',
  })
  const by = { 'r/body/one/in': [0, 0.1], stem: [1, 2, 3, 4] }
  const pruned = right(prune({ by, eta: 0.5 })(modelOf(1)(given)))
  expect(pruned.channels['r/body/one/in']).toEqual(Int32Array.of(1))
})

test('what is kept against the ranking has a width that fits too', () => {
  const by = { stem: [1, 2, 3, 4].map(x => x / 1e6) }
  const least = countParams(placed(cutting(module, { stem: [0, 1] }).model.net))
  const pruned = prune({ by, atMost: { params: 1 }, normalize: 'raw', roundTo: 2 })(modelOf(1)(module))
  expect(left(pruned)).toEqual({
    _tag: 'OutOfReach',
    measure: 'params',
    expected: 1,
    least,
    limits: ['roundTo'],
  })
})

test('a flattened channel takes all its rows along', () => {
  const given = net(
    'n',
    image(4, 4, 1),
    convBnAct(3, 3, { name: 'c' }),
    maxPool(2),
    flatten,
    relu,
    dense(5),
    dense(2),
  )
  const pruned = cutting(given, { c: [1] })
  expect(pruned.model.weights['dense/kernel']?.shape).toEqual([8, 5])
  const [old, now] = [
    modelOf(1)(given).weights['dense/kernel']?.data,
    pruned.model.weights['dense/kernel']?.data,
  ]
  const rows = [0, 2, 3, 5, 6, 8, 9, 11]
  expect([...(now ?? [])]).toEqual(rows.flatMap(row => [...(old ?? []).slice(5 * row, 5 * row + 5)]))
})

test('an identity branch passes what is left', () => {
  const given = net(
    'n',
    image(4, 4, 1),
    convBnAct(3, 3, { name: 'c' }),
    concat('d', identity, convBnAct(2, 3, { name: 'new' })),
    globalAvgPool,
    dense(2),
  )
  expect(drawn(cutting(given, { 'd/new': all(2) }).model.net)).toEqual([
    'c: conv 3',
    'globalAvgPool: globalAvgPool',
    'dense: dense',
  ])
  expect(cutting(given, { c: [0] }).model.weights['dense/kernel']?.shape).toEqual([4, 2])
})
