/** Masks: what a cut would remove by now, marked after each epoch, and shrunk until it is cut. */
import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { expect, test } from 'vitest'
import { fadedChannels } from '../../../src/learn/fade/fade.js'
import { flagsWhere, slotOf, slotsFor } from '../../../src/learn/fade/fade-slots.js'
import type { MaskOptions } from '../../../src/learn/options.js'
import type { Learner } from '../../../src/learn/training/learner.js'
import {
  changeBetween,
  type Mask,
  maskFeeds,
  reviewMask,
  shareLeft,
} from '../../../src/learn/training/masking/masking.js'
import { init } from '../../../src/net/weights.js'
import { gate } from '../../../src/net/words/channels.js'
import { concat, net, residual, stack } from '../../../src/net/words/combinators.js'
import { convBnAct, dense, depthwiseBnAct, globalAvgPool, image } from '../../../src/net/words/leaves.js'
import type { MapWord } from '../../../src/net/words/types.js'
import { type Pruned, prune, type Removed } from '../../../src/surgery/prune/prune.js'
import { arbitraryModel, modelOf } from '../../support/nets/arbitrary.js'
import { right, utilitiesOf } from '../../support/nets/surgery.js'
import { tinyNet } from '../../support/nets/tiny.js'

const options: MaskOptions = { from: 2, until: 6, stable: 0.01, decay: 0.9 }

/** A residual in a branch that is removed whole: its body goes with it. */
const branching = modelOf(1)(
  net(
    'branching',
    image(4, 4, 1),
    concat(
      'modules',
      convBnAct(4, 3, { name: 'kept' }),
      stack('removed', residual('sum', stack('', convBnAct(1, 1))), convBnAct(1, 1)),
    ),
    globalAvgPool,
    dense(2),
  ),
)

/** What begins a branch shares its channels with the layers outside, which stay. */
test.each<[string, MapWord]>([
  ['a gate', gate('shared', stack('', convBnAct(3, 1)))],
  ['a depthwise convolution', depthwiseBnAct(3, { name: 'shared' })],
  ['a residual', residual('shared', stack('', convBnAct(3, 1)))],
])('a branch that fades whole takes along nothing else, though %s begins it', (_, first) => {
  for (const stem of [stack('stem'), stack('stem', convBnAct(3, 1))]) {
    const modules = concat('modules', convBnAct(4), stack('removed', first, convBnAct(1, 1)))
    const model = modelOf(1)(net('branch', image(4, 4, 3), stem, modules, globalAvgPool, dense(2)))
    const { channels, model: expected } = right(prune({ channels: { 'modules/removed/conv': [0] } })(model))
    const flags = flagsWhere(model, (path, channel) => !(channels[path]?.includes(channel) ?? false))
    const cut = right(prune(fadedChannels(model, slotsFor(model.weights, flags)))(model))
    expect(cut.model).toEqual(expected)
  }
})

test('a mask is what the cut would remove after each epoch, and what is marked in the end is the last one', () => {
  const halves = { keep: { params: 0.6 }, normalize: 'raw' } as const
  return fc.assert(
    fc.asyncProperty(arbitraryModel(), fc.integer({ min: 1, max: 1000 }), async (model, seed) => {
      const foreseen: Pruned[] = []
      const masks: Mask[] = []
      const foresee = () =>
        pipe(
          prune({ ...halves, by: utilitiesOf(model.net, seed + masks.length) })(model),
          E.tap(each => E.right(void foreseen.push(each))),
          TE.fromEither,
        )
      const review = reviewMask(options, foresee, mask => masks.push(mask))
      let learner: Learner = { model, slots: {} }
      for (let epochs = 1; masks.at(-1)?.last !== true; epochs++) {
        const outcome = await review(learner, epochs)()
        if (E.isLeft(outcome)) return // out of reach
        learner = { model, slots: { ...learner.slots, ...outcome.right.slots } }
      }
      expect(masks[0]?.epochs).toBe(options.from)
      expect(masks.length).toBe(foreseen.length)
      expect(masks.at(-1)?.epochs).toBeLessThan(options.until)
      const named = right(prune(fadedChannels(model, learner.slots))(model))
      const keyOf = ({ path, channel }: Removed) => `${path}:${channel}`
      const wanted = new Set(foreseen.at(-1)?.removed.map(keyOf))
      expect(named.removed.filter(each => !wanted.has(keyOf(each)))).toEqual([])
      masks.forEach(({ changed, epochs, last }) => {
        expect(last).toBe(epochs === options.until - 1 || (epochs > options.from && changed < options.stable))
      })
      const asked = foreseen.length
      expect(right(await review(learner, options.until)()).ends).toBe(true)
      if (masks.at(-1)?.masked !== 0) expect(foreseen.length).toBe(asked)
    }),
    { numRuns: 25, examples: [[branching, 5]] },
  )
})

test('a mask shrinks what it goes on to hold from where it was, and what is new from the norm it has', async () => {
  const model = right(init(0)(tinyNet))
  const path = 'conv'
  const by = (weak: readonly number[]) =>
    Object.fromEntries(
      Object.entries(utilitiesOf(tinyNet, 0)).map(([at, values]) => [
        at,
        Array.from(values, (_, channel) => (at === path && weak.includes(channel) ? 0 : 1)),
      ]),
    )
  const radiiAfter = async (learner: Learner, epochs: number, weak: readonly number[]) => {
    const foresee = () => TE.fromEither(prune({ eta: 1, by: by(weak) })(model))
    const { slots } = right(await reviewMask(options, foresee, () => undefined)(learner, epochs)())
    return { slots, radii: [...(slots[`${path}/scale/radius`]?.data ?? [])] }
  }
  const first = await radiiAfter({ model, slots: {} }, options.from, [0, 1])
  const halved = Object.entries(model.weights).map(([key, { shape, data }]) => [
    key,
    { shape, data: data.map(value => value / 2) },
  ])
  const later = { model: { ...model, weights: Object.fromEntries(halved) }, slots: first.slots }
  const second = await radiiAfter(later, options.from + 1, [1, 2])
  const norm = first.radii[2] ?? Number.NaN
  expect(norm).toBeGreaterThan(0)
  expect(second.radii[1]).toBe(first.radii[1])
  expect(second.radii[2]).toBeCloseTo(norm / 2 / shareLeft(options, options.from + 1), 6)
})

test('a mask changes by the share of the survivors of either that do not survive both', () => {
  const layer = { path: 'a', anchor: 'scale' } as const
  const flags = (set: ReadonlySet<number>) =>
    [[layer, Float32Array.from({ length: 8 }, (_, channel) => (set.has(channel) ? 0 : 1))]] as const
  const survivors = fc.uniqueArray(fc.integer({ min: 0, max: 7 })).map(all => new Set(all))
  fc.assert(
    fc.property(survivors, survivors, (a, b) => {
      const both = [...a].filter(each => b.has(each)).length
      const either = new Set([...a, ...b]).size
      const change = changeBetween(flags(a), flags(b))
      expect(change).toBeCloseTo(either === 0 ? 0 : 1 - both / either, 12)
      expect(changeBetween(flags(b), flags(a))).toBe(change)
      expect(changeBetween(flags(a), flags(a))).toBe(0)
    }),
  )
  expect(slotOf(layer, 'marked')).toBe('a/scale/marked')
})

test('a mask lets channels have all of their norm at first, none in the end, and ever less between', () => {
  const steps = 4 // of an epoch
  const left = (step: number) => maskFeeds(options, 10)(step, 10 * steps).fade?.[0] ?? Number.NaN
  const all = Array.from({ length: 10 * steps }, (_, step) => left(step))
  expect(all.slice(0, options.from * steps)).toEqual(Array(options.from * steps).fill(1))
  expect(all.slice(options.until * steps - 1).every(share => share === 0)).toBe(true)
  for (let step = options.from * steps; step < options.until * steps; step++)
    expect(all[step]).toBeLessThan(all[step - 1] ?? 0)
})
