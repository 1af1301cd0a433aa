/** Laws of a user's own layers: a built-in one built again, pruning and growth beside them. */
import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, test } from 'vitest'
import { grn } from '../../../examples/grn.js'
import * as op from '../../../src/graph/operations.js'
import { layer } from '../../../src/graph/own-layer.js'
import { groups } from '../../../src/net/channels/groups.js'
import { countParams } from '../../../src/net/counts.js'
import { editLayers } from '../../../src/net/layers.js'
import { type Model, withWeights } from '../../../src/net/weights.js'
import { concat, net } from '../../../src/net/words/combinators.js'
import { conv, convBnAct, dense, globalAvgPool, image } from '../../../src/net/words/leaves.js'
import { grow } from '../../../src/surgery/grow/grow.js'
import { l1 } from '../../../src/surgery/prune/criteria.js'
import { mask } from '../../../src/surgery/prune/mask.js'
import { prune } from '../../../src/surgery/prune/prune.js'
import { arbitraryModel, modelOf } from '../../support/nets/arbitrary.js'
import { evaluate } from '../../support/nets/reference.js'
import { difference, forward, numbersOf, right, utilitiesOf } from '../../support/nets/surgery.js'
import { again, scaleAgain, stepOf } from './grn.js'

/** The same net, of a user's own layers wherever there is one. */
const rebuild = editLayers(again)

const rebuilt = ({ net: from, weights }: Model): Model => right(withWeights(weights)(rebuild(from)))

describe('law: a built-in layer built again', () => {
  test('has the same weights, values, gradients and groups', () => {
    fc.assert(
      fc.property(arbitraryModel({ dropout: true }), model => {
        const own = rebuilt(model)
        const [one, two] = [stepOf(model), stepOf(own)]
        expect(evaluate(two.graph, two.feeds, numbersOf(own)).outputs).toEqual(
          evaluate(one.graph, one.feeds, numbersOf(model)).outputs,
        )
        expect(countParams(own)).toBe(countParams(model))
        const shapeOf = (of: Model) =>
          groups(of).map(({ wires, fixed, members }) => ({ wires, members, isFree: fixed === null }))
        expect(shapeOf(own)).toEqual(shapeOf(model))
      }),
      { numRuns: 60 },
    )
  })

  test('is pruned alike, and what is left computes what the masked one does', () => {
    fc.assert(
      fc.property(
        arbitraryModel(),
        fc.nat(),
        fc.double({ min: 0.2, max: 1, noNaN: true }),
        (model, seed, params) => {
          const own = rebuilt(model)
          const cut = prune({ by: utilitiesOf(model.net, seed), keep: { params }, normalize: 'raw' })
          const [one, two] = [cut(model), cut(own)]
          if (E.isLeft(one) || E.isLeft(two)) {
            expect(two).toEqual(one)
            return
          }
          expect(two.right.removed).toEqual(one.right.removed)
          expect(JSON.stringify(rebuild(two.right.model.net))).toBe(
            JSON.stringify(rebuild(one.right.model.net)),
          )
          expect(two.right.model.weights).toEqual(one.right.model.weights)
          expect(difference(forward(two.right.model), forward(right(mask(two.right)(own))))).toBeLessThan(
            1e-4,
          )
        },
      ),
      { numRuns: 60 },
    )
  })
})

describe('what mixes channels', () => {
  test('keeps those it reads and those it makes', () => {
    const halves = layer('halves', () => ({
      channels: 'mixed',
      lower: x => op.add(op.slice(x, 0, 2), op.slice(x, 2, 2)),
    }))
    const given = net(
      'n',
      image(6, 5, 2),
      conv(3),
      conv(4),
      halves(),
      conv(5),
      grn(),
      globalAvgPool,
      dense(3),
    )
    const whole = modelOf(2)(given)
    expect(whole.layers.get('halves')?.output).toEqual([6, 5, 2])
    const kept = groups(whole).map(({ name, fixed, wires }) => `${name} ${wires.length} ${fixed}`)
    expect(kept).toEqual([
      'input 2 input',
      'conv 3 null',
      'conv2 4 own',
      'halves 2 own',
      'conv3 5 own',
      'dense 3 output',
    ])
    const cut = right(prune({ by: l1, keep: { params: 0.75 }, minChannels: 1 })(whole))
    expect(cut.removed.map(({ path }) => path)).toEqual(['conv', 'conv'])
  })

  test('has weights for the channels it reads', () => {
    const shrink = layer('shrink', () => ({
      channels: 'mixed',
      weights: { scale: 1 },
      lower: (x, { scale }) => op.mean(op.mul(x, scale), [3], true),
    }))
    const whole = modelOf(2)(net('n', image(6, 5, 2), conv(4), shrink(), globalAvgPool, dense(3)))
    const follows = groups(whole)
      .find(({ name }) => name === 'conv')
      ?.members.map(({ path, slot }) => `${path}/${slot}`)
    expect(follows).toEqual(['conv/kernel', 'conv/bias', 'shrink/scale'])
  })

  test('is told where new channels change what it computes', () => {
    const given = net('n', image(6, 6, 2), concat('c', convBnAct(3)), grn(), globalAvgPool, dense(2))
    const branch = convBnAct(2, 3, { name: 'new' })
    expect(right(grow({ to: 'c', branch, seed: 1 })(modelOf(3)(given))).inexact).toEqual({
      _tag: 'Normalised',
      at: 'grn',
    })
  })
})

test('law: growing beside layers that keep channels apart preserves what a net computes', () => {
  const given = net(
    'n',
    image(6, 6, 2),
    convBnAct(3),
    scaleAgain({ init: 3 }),
    conv(4),
    globalAvgPool,
    dense(2),
  )
  const before = modelOf(3)(given)
  const grown = right(grow({ widen: 'conv', by: 2, seed: 1 })(before))
  expect(grown.model.weights['scaleAgain/scale']?.data.slice(3)).toEqual(Float32Array.of(3, 3, 3))
  expect(difference(forward(grown.model), forward(before))).toBeLessThan(1e-5)
})

test('what grows behind one whose values may be negative loses its rectifier', () => {
  const negate = layer('negate', () => ({ channels: 'same', lower: x => op.neg(x) }))
  const given = net('n', image(6, 6, 2), convBnAct(3), negate(), globalAvgPool, dense(2))
  const module = convBnAct(3, 1, { name: 'new' })
  const grown = right(grow({ after: 'negate', module, seed: 1 })(modelOf(3)(given)))
  expect(grown.linear).toEqual(['new'])
  expect(difference(forward(grown.model), forward(modelOf(3)(given)))).toBeLessThan(1e-2)
})
