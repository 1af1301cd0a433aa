/** What growing refuses, each as a fact. */
import { describe, expect, test } from 'vitest'
import { concat, inception, net, residual, stack } from '../../../src/net/words/combinators.js'
import { convBnAct, dense, globalAvgPool, image } from '../../../src/net/words/leaves.js'
import { grow } from '../../../src/surgery/grow/grow.js'
import type { GrowOptions, Growth } from '../../../src/surgery/grow/options.js'
import { modelOf } from '../../support/nets/arbitrary.js'
import { deepFreeze, left, placed } from '../../support/nets/surgery.js'

describe('refusals', () => {
  const summed = net(
    'n',
    image(4, 4, 1),
    convBnAct(4, 3, { name: 'stem' }),
    residual('r', stack('', convBnAct(2), concat('c', convBnAct(2), convBnAct(2)))),
    globalAvgPool,
    dense(2),
  )
  const refused = (options: Growth & Partial<GrowOptions>) =>
    left(grow({ seed: 0, ...options })(deepFreeze(modelOf(1)(summed))))

  test.each<[Growth & Partial<GrowOptions>, object]>([
    [
      { after: 'x', module: convBnAct(1) },
      { _tag: 'UnknownPath', at: 'x', where: 'after' },
    ],
    [
      { to: 'x', branch: convBnAct(1) },
      { _tag: 'UnknownPath', at: 'x', where: 'to' },
    ],
    [
      { widen: 'x', by: 2 },
      { _tag: 'UnknownPath', at: 'x', where: 'widen' },
    ],
    [
      { to: 'r', branch: convBnAct(1) },
      { _tag: 'WrongPlace', at: 'r', got: 'residual', expected: 'concat' },
    ],
    [
      { inside: 'stem', module: convBnAct(1) },
      { _tag: 'WrongPlace', at: 'stem', got: 'conv', expected: 'stack' },
    ],
    [
      { inside: 'r/body', at: 3, module: convBnAct(4) },
      { _tag: 'WrongOption', option: 'at', got: 3, expected: 'a whole number from 0 to 2' },
    ],
    [
      { widen: 'stem', by: 1 },
      { _tag: 'WrongOption', option: 'by', got: 1, expected: 'a number above 1' },
    ],
    [
      { after: 'stem', module: convBnAct(4), init: 'noisy', noise: 0 },
      { _tag: 'WrongOption', option: 'noise', got: 0, expected: 'a number above 0' },
    ],
    [
      { after: 'stem', module: convBnAct(4, 3, { name: 'r' }) },
      { _tag: 'TwoOfOneName', at: '', name: 'r' },
    ],
    [
      { inside: 'r/body', module: inception('new', { point: 4, pool: 2 }) },
      { _tag: 'SumDiffers', at: 'r', body: [4, 4, 6], shortcut: [4, 4, 4] },
    ],
    [
      { to: 'r/body/c', branch: convBnAct(1) },
      { _tag: 'SumDiffers', at: 'r', body: [4, 4, 5], shortcut: [4, 4, 4] },
    ],
    [
      { widen: 'stem', by: 2 },
      { _tag: 'Tied', at: 'stem', to: 'r/body/c/conv' },
    ],
    [
      { widen: 'dense', by: 2 },
      { _tag: 'NothingToWiden', at: 'dense' },
    ],
    [
      { after: 'dense', module: dense(3) },
      { _tag: 'OutputDiffers', at: 'dense2', got: [3], expected: [2] },
    ],
    [
      { after: 'stem', module: convBnAct(4), budget: { params: 300 } },
      { _tag: 'OverBudget', measure: 'params', limit: 300, got: 362 },
    ],
    [
      { after: 'stem', module: convBnAct(4), budget: { macs: 10 } },
      { _tag: 'OverBudget', measure: 'macs', limit: 10, got: 5192 },
    ],
    [
      { after: 'stem', module: convBnAct(4), statistics: { mean: [1], variance: [1] } },
      { _tag: 'WrongLength', at: 'conv', expected: 4, got: 1 },
    ],
    [
      { after: 'stem', module: convBnAct(4), statistics: { mean: [1, 2, 3, 4], variance: [1, 1, -1, 1] } },
      { _tag: 'NotFinite', at: 'conv', channel: 2, value: -1 },
    ],
  ])('%j', (options, fact) => {
    expect(refused(options)).toEqual(fact)
  })

  test('a store of another net', () => {
    const given = { ...placed(summed), weights: {} }
    expect(left(grow({ after: 'stem', module: convBnAct(4), seed: 0 })(given))).toMatchObject({
      _tag: 'WrongWeight',
      key: 'stem/kernel',
    })
  })
})
