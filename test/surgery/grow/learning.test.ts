/** New parts learn: what reads them from the first step, they themselves from the second. */
import { describe, expect, test } from 'vitest'
import { differentiate } from '../../../src/graph/differentiate.js'
import { lower } from '../../../src/graph/lower.js'
import * as op from '../../../src/graph/operations.js'
import { channelsOf } from '../../../src/net/shape.js'
import { allWeightSpecs } from '../../../src/net/weight-specs.js'
import type { Model } from '../../../src/net/weights.js'
import { inception, residual, stack } from '../../../src/net/words/combinators.js'
import { convBnAct } from '../../../src/net/words/leaves.js'
import type { Grown } from '../../../src/surgery/grow/grow.js'
import type { Growth } from '../../../src/surgery/grow/options.js'
import { fedWith } from '../../support/nets/arbitrary.js'
import { evaluate } from '../../support/nets/reference.js'
import { growing, model, withoutSum } from '../../support/nets/seedling.js'
import { numbersOf, placed } from '../../support/nets/surgery.js'

/** The loss of a random batch, and each trained weight's slope. */
const slopes = (model: Model, seed: number): { readonly [key: string]: Float64Array } => {
  const { images, logits, weights } = lower({ batch: 6, mode: 'training' })(model)
  const classes = channelsOf(logits.shape)
  const targets = op.input('targets', [6, classes])
  const trained = allWeightSpecs(placed(model.net)).filter(slot => slot.trained)
  const sources = trained.map(({ key }) => weights.get(key) ?? op.zeros([]))
  const back = differentiate()(op.mean(op.crossEntropy(logits, targets)), sources)
  const outputs = Object.fromEntries(trained.map(({ key }, i) => [key, back[i] ?? op.zeros([])]))
  const feeds = {
    images: fedWith(seed, 'images', images.shape),
    targets: Float32Array.from({ length: 6 * classes }, (_, i) =>
      i % classes === Math.floor(i / classes) % classes ? 1 : 0,
    ),
  }
  return evaluate({ outputs, updates: [] }, feeds, numbersOf(model)).outputs
}

const stepped = (model: Model, seed: number, rate = 0.05): Model => {
  const back = slopes(model, seed)
  const weights = Object.entries(model.weights).map(([key, { shape, data }]) => [
    key,
    { shape, data: data.map((value, i) => value - rate * (back[key]?.[i] ?? 0)) },
  ])
  return { ...model, weights: Object.fromEntries(weights) }
}

const moves = (values: ArrayLike<number> | undefined): boolean =>
  Array.from(values ?? []).some(value => Math.abs(value) > 1e-9)

/** By old kernel, whether the rows that read new channels, or the columns that make them, have a slope. */
const newParts = (
  grown: Grown,
  back: { readonly [key: string]: Float64Array },
  part: 'rows' | 'columns',
): readonly (readonly [string, boolean])[] =>
  [...grown.remap].flatMap(([key, { axes, shape }]) => {
    const places = shape.length > 1 ? axes.at(part === 'rows' ? -2 : -1) : null
    if (places == null || !key.endsWith('kernel')) return []
    const stride = part === 'rows' ? channelsOf(shape) : 1
    const fresh = Array.from(back[key] ?? []).filter(
      (_, i) => (places[Math.floor(i / stride) % places.length] ?? 0) < 0,
    )
    return fresh.length === 0 ? [] : [[key, moves(fresh)] as const]
  })

describe('new parts learn', () => {
  test.each<[string, Growth]>([
    [
      'a module behind one',
      { after: 'a', module: inception('b', { point: 6, three: [2, 4], five: [2, 3], pool: 2 }) },
    ],
    ['a module in a stack', { inside: 'stem', module: inception('b', { point: 4, three: [2, 4] }) }],
    ['a branch', { to: 'a', branch: stack('five', convBnAct(2, 1), convBnAct(3), convBnAct(3)) }],
    ['a wider branch', { widen: 'a/three', by: 2 }],
    ['a wider module', { widen: 'a', by: 1.5 }],
    ['a deeper branch', { deepen: 'a/three', module: convBnAct(5) }],
  ])('%s: what reads it from the first step, itself from the second', (_, growth) => {
    const given = 'inside' in growth ? model : withoutSum
    const grown = growing(growth, given)
    expect(grown.inexact).toBeNull()
    const first = slopes(grown.model, 1)
    const rows = newParts(grown, first, 'rows')
    expect(rows.length).toBeGreaterThan(0)
    expect(rows.filter(([, moved]) => !moved)).toEqual([])
    const second = slopes(stepped(grown.model, 1), 2)
    const fresh = [...grown.remap].filter(
      ([key, { from, trained }]) => from === null && trained && !key.endsWith('bias'),
    )
    const columns = newParts(grown, second, 'columns')
    expect(fresh.length + columns.length).toBeGreaterThan(0)
    expect(fresh.filter(([key]) => !moves(second[key]))).toEqual([])
    expect(columns.filter(([, moved]) => !moved)).toEqual([])
  })

  test('a residual whose body is silent: its last scale from the first step, the body from the second', () => {
    const grown = growing({
      after: 'r',
      module: residual('s', stack('', convBnAct(3), convBnAct(6, 3, { activation: null })), {
        activation: 'relu',
      }),
    })
    expect(grown.inexact).toBeNull()
    const first = slopes(grown.model, 1)
    expect(moves(first['s/body/conv2/scale'])).toBe(true)
    const second = slopes(stepped(grown.model, 1), 2)
    for (const key of ['s/body/conv/kernel', 's/body/conv/scale', 's/body/conv2/kernel'])
      expect(moves(second[key])).toBe(true)
  })
})
