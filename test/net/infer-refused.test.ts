/** A net that does not fit is refused, and what is wrong is named by its path. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { describe, expect, test } from 'vitest'
import type { NetError } from '../../src/net/error.js'
import { infer } from '../../src/net/infer.js'
import type { Layer, Net } from '../../src/net/tree.js'
import { init } from '../../src/net/weights.js'
import { channelShuffle, channelSlice, squeezeExcite } from '../../src/net/words/channels.js'
import { concat, net, residual, stack } from '../../src/net/words/combinators.js'
import {
  avgPool,
  conv,
  convBnAct,
  dense,
  depthwiseBnAct,
  dropout,
  globalAvgPool,
  image,
  maxPool,
} from '../../src/net/words/leaves.js'
import { renderMessage } from '../../src/report/text/render-message.js'

/** A tree as it may come from a file: what the words would not let anyone write. */
const tree = (...layers: readonly Layer[]): Net => ({
  _tag: 'net',
  name: 'tree',
  input: [8, 8, 3],
  body: { _tag: 'stack', name: '', layers },
})

const end: readonly Layer[] = [
  { ...globalAvgPool, name: 'pool' },
  { ...dense(3), name: 'head' },
]

const called = (name: string, layer: Layer): Layer => ({ ...layer, name })

/** An option of a layer that is not of its kind. */
const misread = (at: string, tag: string, option: string, got: string, expected: string): NetError => ({
  _tag: 'DecodeError',
  at: `${at}.${option}`,
  got,
  expected,
  way: [
    { key: at, kind: 'a layer', tag, name: at },
    { key: option, kind: expected, tag: null, name: null },
  ],
})

describe('what does not fit is named by its path', () => {
  const cases: Readonly<Record<string, readonly [Net, NetError]>> = {
    'a map at the end': [
      tree(called('a', convBnAct(3))),
      { _tag: 'WrongRank', at: '', expected: 'vector', got: [8, 8, 3] },
    ],
    'a map into dense': [
      tree(called('a', dense(3)), ...end),
      { _tag: 'WrongRank', at: 'a', expected: 'vector', got: [8, 8, 3] },
    ],
    'a vector into conv': [
      tree(...end, called('late', convBnAct(3))),
      { _tag: 'WrongRank', at: 'late', expected: 'map', got: [3] },
    ],
    'a pool whose windows would lie in the padding': [
      tree(called('a', maxPool(2, { padding: [0, 0, 2, 0] })), ...end),
      { _tag: 'PaddingTooWide', at: 'a', padding: 2, window: 2 },
    ],
    'a window too wide across': [
      tree(called('a', convBnAct(3, [1, 9], { padding: 'valid' })), ...end),
      { _tag: 'WindowTooLarge', at: 'a', window: 9, map: [8, 8, 3] },
    ],
    'no filters': [
      tree(called('a', convBnAct(0)), ...end),
      misread('a', 'conv', 'filters', '0', 'a whole number ≥ 1'),
    ],
    'half a kernel': [
      tree(called('a', convBnAct(3, 1.5)), ...end),
      misread('a', 'conv', 'kernel', '1.5', 'a whole number ≥ 1, or [height, width]'),
    ],
    'a stride of 0': [
      tree(called('a', convBnAct(3, 3, { stride: 0 })), ...end),
      misread('a', 'conv', 'stride', '0', 'a whole number ≥ 1, or [height, width]'),
    ],
    'a dilation of 0': [
      tree(called('a', depthwiseBnAct(3, { dilation: 0 })), ...end),
      misread('a', 'depthwise', 'dilation', '0', 'a whole number ≥ 1'),
    ],
    'padding below 0': [
      tree(called('a', convBnAct(3, 3, { padding: -1 })), ...end),
      misread(
        'a',
        'conv',
        'padding',
        '-1',
        '"same", "valid", a whole number ≥ 0, or [top, bottom, left, right]',
      ),
    ],
    'a dropout of everything': [
      tree(called('a', dropout(1)), ...end),
      misread('a', 'dropout', 'rate', '1', 'a number ≥ 0 and < 1'),
    ],
    'no units': [
      tree(called('pool', globalAvgPool), called('head', dense(Number.NaN))),
      misread('head', 'dense', 'units', 'NaN', 'a whole number ≥ 1'),
    ],
    'a window larger than its map': [
      net(
        'n',
        image(8, 8, 3),
        stack('deep', convBnAct(3), convBnAct(3, 5, { dilation: 2, padding: 0, name: 'wide' }), convBnAct(2)),
        globalAvgPool,
        dense(2),
      ),
      { _tag: 'WindowTooLarge', at: 'deep/wide', window: 9, map: [8, 8, 3] },
    ],
    'a pool larger than its map': [
      net('n', image(8, 8, 3), avgPool(9, { padding: 'valid' }), globalAvgPool, dense(2)),
      { _tag: 'WindowTooLarge', at: 'avgPool', window: 9, map: [8, 8, 3] },
    ],
    'branches of two sizes': [
      net(
        'n',
        image(8, 8, 3),
        concat('c', convBnAct(2, 1, { name: 'one' }), convBnAct(2, 3, { name: 'two', stride: 2 })),
        globalAvgPool,
        dense(2),
      ),
      { _tag: 'BranchesDiffer', at: 'c', branch: 'c/two', got: [4, 4, 2], expected: [8, 8, 2] },
    ],
    'a sum of two shapes': [
      net('n', image(8, 8, 3), residual('r', convBnAct(4)), globalAvgPool, dense(2)),
      { _tag: 'SumDiffers', at: 'r', body: [8, 8, 4], shortcut: [8, 8, 3] },
    ],
    'channels that groups do not divide': [
      net('n', image(8, 8, 3), conv(4, 3, { groups: 2, name: 'c' }), globalAvgPool, dense(2)),
      { _tag: 'UnequalGroups', at: 'c', what: 'channels', got: 3, groups: 2 },
    ],
    'filters that groups do not divide': [
      net('n', image(8, 8, 3), conv(4, 3, { groups: 3, name: 'c' }), globalAvgPool, dense(2)),
      { _tag: 'UnequalGroups', at: 'c', what: 'filters', got: 4, groups: 3 },
    ],
    'a shuffle of unequal groups': [
      net('n', image(8, 8, 3), channelShuffle(2), globalAvgPool, dense(2)),
      { _tag: 'UnequalGroups', at: 'channelShuffle', what: 'channels', got: 3, groups: 2 },
    ],
    'a slice beyond the last channel': [
      net('n', image(8, 8, 3), channelSlice(1, 3), globalAvgPool, dense(2)),
      { _tag: 'SliceOutside', at: 'channelSlice', end: 4, channels: 3 },
    ],
    'a gate of other channels': [
      net('n', image(8, 8, 3), squeezeExcite('se', 4, 2), globalAvgPool, dense(2)),
      { _tag: 'GateDiffers', at: 'se', body: [4], input: [8, 8, 3] },
    ],
    'no branches': [
      net('n', image(8, 8, 3), concat('c'), globalAvgPool, dense(2)),
      { _tag: 'NoBranches', at: 'c' },
    ],
    'two of one name': [
      net(
        'n',
        image(8, 8, 3),
        stack('s', convBnAct(1, 1, { name: 'a' }), convBnAct(2, 1, { name: 'a' })),
        globalAvgPool,
        dense(2),
      ),
      { _tag: 'TwoOfOneName', at: 's', name: 'a' },
    ],
    'a name with a stroke': [
      net('n', image(8, 8, 3), stack('s', convBnAct(1, 1, { name: 'a/b' })), globalAvgPool, dense(2)),
      { _tag: 'BadName', at: 's', name: 'a/b' },
    ],
    'no name': [tree(convBnAct(3), ...end), { _tag: 'BadName', at: '', name: '' }],
    'an image without rows': [
      net('n', image(0, 8, 3), globalAvgPool, dense(2)),
      {
        _tag: 'DecodeError',
        at: 'net.input.0',
        got: '0',
        expected: 'a whole number ≥ 1',
        way: [
          { key: 'net', kind: 'a net', tag: 'net', name: 'n' },
          { key: 'input', kind: 'height, width and channels', tag: null, name: null },
          { key: '0', kind: 'a whole number ≥ 1', tag: null, name: null },
        ],
      },
    ],
  }

  test.each(Object.entries(cases))('%s', (_, [odd, error]) => {
    expect(infer(odd)).toEqual(E.left(error))
  })

  test('a name of thousands of letters is told by its end', () => {
    const long = net(
      'n',
      image(8, 8, 3),
      convBnAct(1, 1, { name: 'a/'.repeat(5000) }),
      globalAvgPool,
      dense(2),
    )
    const message = pipe(
      infer(long),
      E.match(renderMessage, () => ''),
    )
    expect(message).toMatch(/^the net: expected a name of letters.*a\/'; try another name$/)
    expect(message.length).toBeLessThan(200)
  })

  test('planting refuses it too', () => {
    const odd = tree(called('a', convBnAct(3)))
    expect(E.isLeft(init(0)(odd))).toBe(true)
  })
})
