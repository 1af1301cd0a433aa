/** Random growths of random models. */
import * as fc from 'fast-check'
import { stream } from '../../../src/net/random.js'
import { channelsOf, rankOf } from '../../../src/net/shape.js'
import type { Layer } from '../../../src/net/tree.js'
import type { Model } from '../../../src/net/weights.js'
import { relu, sigmoid } from '../../../src/net/words/activations.js'
import { channelShuffle, channelSlice, squeezeExcite } from '../../../src/net/words/channels.js'
import { concat, identity, inception, residual, stack } from '../../../src/net/words/combinators.js'
import {
  avgPool,
  batchNorm,
  convBnAct,
  dense,
  depthwiseBnAct,
  dropout,
  maxPool,
} from '../../../src/net/words/leaves.js'
import type { Growth } from '../../../src/surgery/grow/options.js'
import { arbitraryModel, arbitrarySeed } from './arbitrary.js'
import { placed } from './surgery.js'

/** Modules for maps of n channels, most of which can pass them on. */
const forMaps: readonly ((n: number, more: number) => Layer)[] = [
  (n, more) => inception('new', { point: n + more, three: [2, 3], five: [1, 2], pool: 2 }),
  (n, more) => inception('new', { three: [n + more, n], pool: 2 }),
  (n, more) => convBnAct(n + more, 3, { name: 'new' }),
  (n, more) => convBnAct(n + more, 2, { name: 'new', activation: null }),
  (n, more) => convBnAct(n, 3, { name: 'new', padding: 1, activation: 'swish', norm: more > 0 }),
  (n, more) => convBnAct(n, 5, { name: 'new', dilation: 2, norm: false, bias: more > 0 }),
  () => depthwiseBnAct(3, { name: 'new' }),
  n => residual('new', stack('', convBnAct(2), convBnAct(n, 3, { activation: null }))),
  n =>
    residual(
      'new',
      stack('', convBnAct(n, 1, { norm: false, activation: 'tanh' }), avgPool(3, { stride: 1 })),
      {
        activation: 'relu',
      },
    ),
  (n, more) =>
    residual(
      'new',
      concat('', convBnAct(n, 1, { activation: null }), convBnAct(more, 3, { activation: null })),
      {
        shortcut: convBnAct(n + more, 1),
      },
    ),
  n => concat('new', stack('one', maxPool(2, { stride: 1 }), convBnAct(2)), identity, convBnAct(n)),
  n =>
    stack(
      'new',
      convBnAct(n + 1),
      dropout(0.3),
      concat('', convBnAct(2), convBnAct(n, 1)),
      batchNorm(),
      depthwiseBnAct(3),
    ),
  n => concat('new', maxPool(3, { stride: 1 }), convBnAct(n)),
  (n, more) => stack('new', convBnAct(n * (more + 1), 3, { groups: n }), channelShuffle(n)),
  n => stack('new', channelShuffle(n % 2 === 0 ? 2 : 1), convBnAct(n, 1, { groups: n % 2 === 0 ? 2 : 1 })),
  (n, more) => concat('new', channelSlice(0, n), stack('b', channelSlice(0, 1), convBnAct(more + 1))),
  n =>
    residual(
      'new',
      stack('', convBnAct(n), squeezeExcite('se', n, 2), convBnAct(n, 1, { activation: null })),
    ),
  n => squeezeExcite('new', n, 2),
  () => stack('new', relu, sigmoid),
  () => maxPool(2, { name: 'new' }),
  () => batchNorm({ name: 'new' }),
]

const forVectors: readonly ((n: number, more: number) => Layer)[] = [
  (n, more) => dense(n + more, { name: 'new', activation: 'relu' }),
  n => dense(n, { name: 'new', norm: true }),
  (n, more) => dense(Math.max(1, n - more), { name: 'new' }),
  () => batchNorm({ name: 'new' }),
]

/** A growth of some kind at some place of a net. */
const growthOf = ({ net: given }: Model, seed: number): Growth => {
  const draw = stream(seed, 'growth')
  const pick = <T>(all: readonly T[]): T => all[Math.floor(draw() * all.length)] as T // never empty here
  const inferred = placed(given)
  const { path, layer, input, output } = pick([...inferred.layers.values()])
  const kind = pick(['after', 'before', 'inside', 'deepen', 'to', 'widen'] as const)
  const at = kind === 'before' ? input : output
  const make = pick(rankOf(at) === 'map' ? forMaps : forVectors)
  const module = make(channelsOf(at), Math.floor(draw() * 3))
  switch (kind) {
    case 'inside': {
      const stacks = [...inferred.layers.values()].filter(each => each.layer._tag === 'stack')
      const home = pick(stacks)
      return {
        inside: home.path,
        at: 0,
        module: pick(rankOf(home.input) === 'map' ? forMaps : forVectors)(channelsOf(home.input), 1),
      }
    }
    case 'to': {
      const homes = [...inferred.layers.values()].filter(each => each.layer._tag === 'concat')
      return {
        to: homes.length === 0 ? path : pick(homes).path,
        branch: pick([...forMaps.slice(0, 5).map(word => word(2, 1)), { ...identity, name: 'new' }]),
      }
    }
    case 'widen':
      return {
        widen: layer._tag === 'concat' || draw() < 0.5 ? path : pick([...inferred.layers.keys()]),
        by: 1 + draw(),
      }
    case 'after':
      return { after: path, module }
    case 'before':
      return { before: path, module }
    case 'deepen':
      return { deepen: path, module }
  }
}

/** A random model, and a growth at a place of it. */
export const cases = fc
  .record({ model: arbitraryModel(), seed: arbitrarySeed })
  .map(({ model, seed }) => ({ model, growth: growthOf(model, seed), seed }))
