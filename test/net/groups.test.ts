/** Dependency groups of nets made by hand, which anyone can check. */
import { expect, test } from 'vitest'
import { groups } from '../../src/net/channels/groups.js'
import { type CheckedNet, infer } from '../../src/net/infer.js'
import type { Net } from '../../src/net/tree.js'
import { concat, identity, inception, net, residual, stack, sum } from '../../src/net/words/combinators.js'
import {
  conv,
  convBnAct,
  dense,
  depthwise,
  depthwiseBnAct,
  flatten,
  globalAvgPool,
  image,
  layerNorm,
  layerScale,
  maxPool,
} from '../../src/net/words/leaves.js'
import { right } from '../support/nets/surgery.js'

const placed = (given: Net): CheckedNet => right(infer(given))

test('channels that a layer norm reads stay; those inside a ConvNeXt block may go', () => {
  const block = residual(
    'block',
    stack('body', depthwise(7), layerNorm(), conv(16, 1, { activation: 'gelu' }), conv(4, 1), layerScale()),
  )
  const given = net('n', image(8, 8, 3), conv(4, 2, { name: 'stem' }), block, globalAvgPool, dense(2))
  const fixedOf = (maker: string) => groups(placed(given)).find(({ name }) => name === maker)?.fixed
  expect(fixedOf('stem')).toBe('layerNorm')
  expect(fixedOf('block/body/conv')).toBeNull()
  expect(fixedOf('dense')).toBe('output')
})

test('a sum is of residuals in shortcuts', () => {
  const parts = [conv(3, 1, { name: 'a' }), conv(3, 3, { name: 'b' }), conv(3, 5, { name: 'c' })] as const
  const joined = sum('join', ...parts)
  expect(joined).toEqual(
    residual('join', parts[0], { shortcut: residual('shortcut', parts[1], { shortcut: parts[2] }) }),
  )
  const given = net('n', image(8, 8, 2), joined, globalAvgPool, dense(2))
  const makers = groups(placed(given))
    .find(({ name }) => name === 'join/body')
    ?.members.filter(({ role }) => role === 'makes')
  expect(makers?.map(({ path }) => path)).toEqual([
    'join/body',
    'join/shortcut/body',
    'join/shortcut/shortcut',
  ])
})

const summary = (given: Net) =>
  groups(placed(given)).map(({ name, wires, fixed, members }) => ({
    name,
    channels: wires.length,
    fixed,
    members: members
      .filter(({ slot }) => slot === 'kernel')
      .map(({ path, axis, role, times, rows }) => `${role} ${path}:${axis} ×${times} from ${rows[0]}`),
  }))

test('a module: each branch takes its range of what the next layer reads', () => {
  const given = net(
    'n',
    image(8, 8, 3),
    inception('a', { point: 4, three: [2, 5], pool: 3 }),
    convBnAct(6, 1, { name: 'next' }),
    globalAvgPool,
    dense(2),
  )
  expect(summary(given)).toEqual([
    {
      name: 'input',
      channels: 3,
      fixed: 'input',
      members: [
        'reads a/point:2 ×1 from 0',
        'reads a/three/reduce:2 ×1 from 0',
        'reads a/pool/conv:2 ×1 from 0',
      ],
    },
    {
      name: 'a/point',
      channels: 4,
      fixed: null,
      members: ['makes a/point:3 ×1 from 0', 'reads next:2 ×1 from 0'],
    },
    {
      name: 'a/three/reduce',
      channels: 2,
      fixed: null,
      members: ['makes a/three/reduce:3 ×1 from 0', 'reads a/three/conv:2 ×1 from 0'],
    },
    {
      name: 'a/three/conv',
      channels: 5,
      fixed: null,
      members: ['makes a/three/conv:3 ×1 from 0', 'reads next:2 ×1 from 4'],
    },
    {
      name: 'a/pool/conv',
      channels: 3,
      fixed: null,
      members: ['makes a/pool/conv:3 ×1 from 0', 'reads next:2 ×1 from 9'],
    },
    {
      name: 'next',
      channels: 6,
      fixed: null,
      members: ['makes next:3 ×1 from 0', 'reads dense:0 ×1 from 0'],
    },
    { name: 'dense', channels: 2, fixed: 'output', members: ['makes dense:1 ×1 from 0'] },
  ])
})

test('a sum joins what it adds, a depthwise follows, a flatten multiplies', () => {
  const given = net(
    'n',
    image(4, 4, 1),
    convBnAct(6, 3, { name: 'stem' }),
    residual('r', stack('', convBnAct(2), concat('c', convBnAct(4), convBnAct(2)))),
    depthwiseBnAct(3),
    maxPool(2),
    flatten,
    dense(3),
  )
  expect(summary(given)).toEqual([
    { name: 'input', channels: 1, fixed: 'input', members: ['reads stem:2 ×1 from 0'] },
    {
      name: 'stem[0:4]',
      channels: 4,
      fixed: null,
      members: [
        'makes stem:3 ×1 from 0',
        'reads r/body/conv:2 ×1 from 0',
        'makes r/body/c/conv:3 ×1 from 0',
        'follows depthwise:2 ×1 from 0',
        'reads dense:0 ×4 from 0',
      ],
    },
    {
      name: 'stem[4:6]',
      channels: 2,
      fixed: null,
      members: [
        'makes stem:3 ×1 from 4',
        'reads r/body/conv:2 ×1 from 4',
        'makes r/body/c/conv2:3 ×1 from 0',
        'follows depthwise:2 ×1 from 4',
        'reads dense:0 ×4 from 4',
      ],
    },
    {
      name: 'r/body/conv',
      channels: 2,
      fixed: null,
      members: [
        'makes r/body/conv:3 ×1 from 0',
        'reads r/body/c/conv:2 ×1 from 0',
        'reads r/body/c/conv2:2 ×1 from 0',
      ],
    },
    { name: 'dense', channels: 3, fixed: 'output', members: ['makes dense:1 ×1 from 0'] },
  ])
})

test('a sum past the image is fixed to its channels', () => {
  const given = net(
    'n',
    image(4, 4, 3),
    residual('r', convBnAct(3)),
    concat('c', identity, convBnAct(2)),
    globalAvgPool,
    dense(2),
  )
  expect(summary(given).map(({ name, fixed }) => [name, fixed])).toEqual([
    ['r/body', 'input'],
    ['c/conv', null],
    ['dense', 'output'],
  ])
})
