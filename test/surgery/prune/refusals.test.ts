/** What pruning refuses, each as a fact. */
import { describe, expect, test } from 'vitest'
import type { Model } from '../../../src/net/weights.js'
import { net } from '../../../src/net/words/combinators.js'
import { convBnAct, dense, globalAvgPool, image } from '../../../src/net/words/leaves.js'
import { renderMessage } from '../../../src/report/text/render-message.js'
import type { PruneOptions } from '../../../src/surgery/prune/options.js'
import { prune } from '../../../src/surgery/prune/prune.js'
import { modelOf } from '../../support/nets/arbitrary.js'
import { deepFreeze, left } from '../../support/nets/surgery.js'

describe('refusals', () => {
  const given = net(
    'n',
    image(4, 4, 1),
    convBnAct(3, 3, { name: 'a' }),
    convBnAct(4, 3, { name: 'b' }),
    globalAvgPool,
    dense(2),
  )
  const model = deepFreeze(modelOf(3)(given))
  const by = { a: [1, 2, 3] }
  const refused = (options: PruneOptions, of: Model = model) => left(prune(options)(of))

  test.each<[PruneOptions, object]>([
    [
      { by, eta: 1, freeze: ['c'] },
      { _tag: 'UnknownPath', at: 'c', where: 'freeze' },
    ],
    [
      { by, eta: 1, ignore: ['a/b'] },
      { _tag: 'UnknownPath', at: 'a/b', where: 'ignore' },
    ],
    [
      { by: { c: [1] }, eta: 1 },
      { _tag: 'UnknownPath', at: 'c', where: 'utilities' },
    ],
    [
      { by: { a: [1] }, eta: 1 },
      { _tag: 'WrongLength', at: 'a', expected: 3, got: 1 },
    ],
    [
      { by: { a: [1, Number.NaN, 3] }, eta: 1 },
      { _tag: 'NotFinite', at: 'a', channel: 1, value: Number.NaN },
    ],
    [
      { by, eta: 1, minChannels: 0.5 },
      { _tag: 'WrongOption', option: 'minChannels', got: 0.5, expected: 'a whole number from 0 up' },
    ],
    [
      { by, eta: 1, roundTo: 0 },
      { _tag: 'WrongOption', option: 'roundTo', got: 0, expected: 'a whole number from 1 up' },
    ],
    [
      { by, keep: { params: 0.1 }, freeze: ['b'] },
      { _tag: 'OutOfReach', measure: 'params', expected: 0.1 * 159, least: 159, limits: ['freeze'] },
    ],
    [
      { by, keep: { params: 0.1 } },
      { _tag: 'OutOfReach', measure: 'params', expected: 0.1 * 159, least: 65, limits: [] },
    ],
    [{ channels: { c: [0] } }, { _tag: 'UnknownPath', at: 'c', where: 'channels' }],
    [{ channels: { a: [3] } }, { _tag: 'UnknownChannel', at: 'a', channel: 3, channels: 3 }],
    [
      { channels: { a: [1] }, freeze: ['b'] },
      { _tag: 'FrozenChannel', at: 'a', channel: 1, reason: 'freeze' },
    ],
    [{ channels: { dense: [1] } }, { _tag: 'FrozenChannel', at: 'dense', channel: 1, reason: 'output' }],
    [
      { channels: {}, bodies: ['a'] },
      { _tag: 'UnknownPath', at: 'a', where: 'bodies' },
    ],
    [{ channels: { b: [0, 1, 2, 3] } }, { _tag: 'EmptyNet', at: 'b' }],
  ])('%j', (options, fact) => {
    expect(refused(options)).toEqual(fact)
  })

  test.each<[PruneOptions, string]>([
    [{ by, eta: -1 }, 'eta: expected a number ≥ 0, got -1'],
    [{ by, keep: { params: 1.5 } }, 'keep.params: expected a share above 0, at most 1, got 1.5'],
    [{ by, keep: { bytes: 0 } }, 'keep.bytes: expected a share above 0, at most 1, got 0'],
    [{ by, atMost: { macs: Number.NaN } }, 'atMost.macs: expected a number > 0, got NaN'],
  ])('a target that is none: %j', (options, said) => {
    expect(renderMessage(refused(options))).toBe(said)
  })

  test('a store of another net', () => {
    const { 'b/kernel': kernel, ...others } = model.weights
    expect(refused({ by, eta: 1 }, { ...model, weights: others })).toEqual({
      _tag: 'WrongWeight',
      key: 'b/kernel',
      expected: [3, 3, 3, 4],
      got: null,
    })
    expect(kernel?.shape).toEqual([3, 3, 3, 4])
  })
})
