/** Groups, shuffles, slices and gates under surgery, in nets whose channels anyone can count. */
import { describe, expect, test } from 'vitest'
import { dirac } from '../../src/learn/initial/dirac.js'
import { groups } from '../../src/net/channels/groups.js'
import type { Layer, Net } from '../../src/net/tree.js'
import { channelShuffle, channelSlice, gate, squeezeExcite } from '../../src/net/words/channels.js'
import { concat, identity, net, residual, stack } from '../../src/net/words/combinators.js'
import { conv, dense, flatten, globalAvgPool, image } from '../../src/net/words/leaves.js'
import type { AnyWord, MapWord } from '../../src/net/words/types.js'
import { renderMessage } from '../../src/report/text/render-message.js'
import { grow } from '../../src/surgery/grow/grow.js'
import type { Growth } from '../../src/surgery/grow/options.js'
import { mask } from '../../src/surgery/prune/mask.js'
import { prune } from '../../src/surgery/prune/prune.js'
import { modelOf } from '../support/nets/arbitrary.js'
import { difference, forward, left, placed, right } from '../support/nets/surgery.js'

const wrap = (...layers: readonly (MapWord | AnyWord)[]): Net =>
  net('n', image(5, 4, 2), conv(8, 3, { name: 'stem' }), ...layers, globalAvgPool, dense(3))

/** What is left, and the law that it computes what the masked model does. */
const cut = (given: Net, channels: Readonly<Record<string, readonly number[]>>) => {
  const model = modelOf(2)(given)
  const pruned = right(prune({ channels })(model))
  expect(difference(forward(pruned.model), forward(right(mask(pruned)(model))))).toBeLessThan(1e-6)
  const layers = [...pruned.model.layers].map(([path, { layer }]) => [path, layer] as const)
  const removed = pruned.removed.map(({ path, channel }) => `${path} ${channel}`)
  return { layers: new Map<string, Layer>(layers), removed, weights: pruned.model.weights }
}

describe('pruning', () => {
  test('a grouped convolution loses one filter of each group, and what it reads one channel of each', () => {
    const given = wrap(conv(12, 3, { name: 'grouped', groups: 4 }))
    const filters = cut(given, { grouped: [1] })
    expect(filters.removed).toEqual(['grouped 1', 'grouped 4', 'grouped 7', 'grouped 10'])
    expect(filters.layers.get('grouped')).toMatchObject({ filters: 8, groups: 4 })
    const read = cut(given, { stem: [2] })
    expect(read.removed).toEqual(['stem 0', 'stem 2', 'stem 4', 'stem 6'])
    expect(read.weights['grouped/kernel']?.shape).toEqual([3, 3, 1, 12])
  })

  test('a slice keeps its place among the channels that are left', () => {
    const slices = concat('c', channelSlice(5, 3, { name: 'high' }), channelSlice(0, 5, { name: 'low' }))
    const { layers } = cut(wrap(slices), { stem: [0, 3, 6] })
    expect(layers.get('c/high')).toMatchObject({ from: 3, size: 2 })
    expect(layers.get('c/low')).toMatchObject({ from: 0, size: 3 })
  })

  test('a shuffle ties the channels it interleaves', () => {
    const { removed, layers } = cut(wrap(channelShuffle(2), conv(3, 1, { name: 'next' })), { stem: [1] })
    expect(removed).toEqual(['stem 1', 'stem 5'])
    expect(layers.get('channelShuffle')).toMatchObject({ groups: 2 })
  })

  test('a branch that is tied to another stays as long as that', () => {
    const branches = concat('c', conv(2, 1, { name: 'a' }), stack('b', conv(1, 1, { name: 'thin' }), conv(2)))
    const model = modelOf(2)(wrap(branches, channelShuffle(2)))
    const by = { 'c/a': [0, 0.3], 'c/b/thin': [0], 'c/b/conv': [0, 0.2] }
    expect(left(prune({ by, keep: { params: 0.01 } })(model))).toMatchObject({ _tag: 'OutOfReach' })
    const { channels } = right(prune({ by, keep: { params: 0.93 } })(model))
    expect(channels.c).toEqual(Int32Array.of(1, 3))
  })

  test('factors follow what they multiply; a gate keeps at least one squeezed channel', () => {
    const given = wrap(squeezeExcite('gate', 8, 3))
    const { layers, removed } = cut(given, { stem: [0, 7], 'gate/body/squeeze': [1] })
    expect(removed).toContain('gate/body/excite 7')
    expect(layers.get('gate/body/excite')).toMatchObject({ units: 6 })
    expect(layers.get('gate/body/squeeze')).toMatchObject({ units: 2 })
    const model = modelOf(2)(given)
    expect(left(prune({ channels: { 'gate/body/squeeze': [0, 1, 2] } })(model))).toEqual({
      _tag: 'EmptyNet',
      at: 'gate/body/squeeze',
    })
    const by = { 'gate/body/squeeze': [0, 0.2, 0.1] }
    const { channels } = right(prune({ by, eta: 5 })(model))
    expect(channels['gate/body/squeeze']).toEqual(Int32Array.of(1))
  })

  test('vectors have slices, shuffles and gates too', () => {
    const given = net(
      'n',
      image(3, 3, 2),
      flatten,
      dense(8, { name: 'wide' }),
      channelShuffle(4),
      channelSlice(2, 4),
      dense(3),
    )
    expect(cut(given, { wide: [0] }).removed).toEqual(['wide 0', 'wide 2', 'wide 4', 'wide 6'])
  })
})

test('by dirac each group begins by passing on what it reads', () => {
  const grouped = wrap(conv(12, 3, { name: 'grouped', groups: 2, bias: false }))
  const { weights } = dirac(modelOf(2)(grouped))
  const centre = weights['grouped/kernel']?.data.slice(4 * 4 * 12, 5 * 4 * 12) ?? []
  const rows = Array.from({ length: 4 }, (_, i) => [...centre.slice(12 * i, 12 * i + 12)])
  rows.forEach((row, i) => {
    expect(row.flatMap((value, filter) => (filter % 6 < 4 && value !== 0 ? [filter] : []))).toEqual([
      i,
      i + 6,
    ])
  })
})

test('the units of a ShuffleNet repeat what passes them by', () => {
  const unit = stack(
    'unit',
    concat(
      'halves',
      channelSlice(0, 4, { name: 'left' }),
      stack('right', channelSlice(4, 4), conv(4, 1, { name: 'point' })),
    ),
    channelShuffle(2),
  )
  const places = groups(placed(wrap(channelShuffle(2), unit))).map(({ name, wires, members }) => [
    name,
    wires.length,
    ...members
      .filter(({ slot }) => slot === 'kernel')
      .map(({ path, role, times }) => `${role} ${path} ×${times}`),
  ])
  expect(places).toEqual([
    ['input', 2, 'reads stem ×1'],
    ['stem[0:2,4:6]', 2, 'makes stem ×2', 'makes unit/halves/right/point ×2', 'reads dense ×4'],
    ['stem[2:4,6:8]', 2, 'makes stem ×2', 'reads unit/halves/right/point ×2'],
    ['dense', 3, 'makes dense ×1'],
  ])
})

describe('growth', () => {
  const given = wrap(
    conv(8, 3, { name: 'grouped', groups: 2 }),
    concat('c', channelSlice(0, 4), conv(4, 1, { name: 'own' })),
    channelShuffle(2),
  )
  const grown = (growth: Growth) => grow({ ...growth, seed: 1 })(modelOf(2)(given))

  test.each<[Growth, string]>([
    [{ to: 'c', branch: conv(2, 1, { name: 'more' }) }, 'channelShuffle'],
    [{ deepen: 'c/own', module: concat('more', identity, conv(2, 1)) }, 'channelShuffle'],
  ])('%j would renumber channels', (growth, at) => {
    const error = left(grown(growth))
    expect(error).toMatchObject({ _tag: 'Renumbered', at })
    expect(renderMessage(error)).toContain(`${at} knows by number`)
  })

  const reordering = stack('new', channelShuffle(2), conv(4, 1, { groups: 2 }))
  const follow = (growth: Growth, ...layers: readonly Layer[]) =>
    grow({ ...growth, seed: 1 })(
      modelOf(2)(net('n', image(4, 4, 2), conv(4, 1, { name: 'stem' }), ...layers)),
    )

  test.each<[string, string, Growth, readonly Layer[]]>([
    ['a sum', 'r', { before: 'r', module: reordering }, [residual('r', conv(4, 1)), globalAvgPool]],
    ['a body', 'r', { deepen: 'r/body', module: reordering }, [residual('r', conv(4, 1)), globalAvgPool]],
    ['a gate', 'g', { deepen: 'g/body', module: reordering }, [gate('g', conv(4, 1)), globalAvgPool]],
    ['the classes', '', { after: 'stem', module: reordering }, [globalAvgPool]],
  ])('a module that passes its input on in another order is refused before %s', (_, at, growth, layers) => {
    expect(left(follow(growth, ...layers))).toMatchObject({ _tag: 'Renumbered', at })
  })

  test('a layer that reads all channels follows their order', () => {
    const { inexact } = right(follow({ after: 'stem', module: reordering }, conv(3), globalAvgPool))
    expect(inexact).toBe(null)
  })

  test('new channels of a wider unit lie in the groups that read them', () => {
    const { inexact, model, remap } = right(grown({ widen: 'stem', by: 1.5 }))
    expect(inexact).toBeNull()
    expect(model.weights['grouped/kernel']?.shape).toEqual([3, 3, 6, 8])
    expect(remap.get('stem/kernel')?.axes[3]).toEqual(Int32Array.of(0, 1, 2, 3, -1, -1, 4, 5, 6, 7, -1, -1))
    expect(difference(forward(model), forward(modelOf(2)(given)))).toBeLessThan(1e-6)
  })

  test('a wider grouped convolution has new filters in each group', () => {
    const alone = modelOf(2)(wrap(conv(6, 3, { name: 'grouped', groups: 2 }), conv(4, 1)))
    const { inexact, model, remap } = right(grow({ widen: 'grouped', by: 1.4, seed: 1 })(alone))
    expect(inexact).toBeNull()
    expect(remap.get('grouped/kernel')?.axes[3]).toEqual(Int32Array.of(0, 1, 2, -1, 3, 4, 5, -1))
    expect(difference(forward(model), forward(alone))).toBeLessThan(1e-6)
  })

  test('a layer whose channels a shuffle ties to those of another is not widened', () => {
    expect(left(grown({ widen: 'c/own', by: 1.5 }))).toEqual({ _tag: 'Tied', at: 'c/own', to: 'grouped' })
  })

  test.each<[Growth]>([
    [{ after: 'stem', module: conv(8, 3, { name: 'new', groups: 4 }) }],
    [{ after: 'channelShuffle', module: stack('new', channelShuffle(4), conv(16, 1, { groups: 8 })) }],
  ])('%j passes every channel on through its groups', growth => {
    const { inexact, model } = right(grown(growth))
    expect(inexact).toBeNull()
    expect(difference(forward(model), forward(modelOf(2)(given)))).toBeLessThan(1e-6)
  })

  test('a gated body begins with zeros where its factors let it learn', () => {
    const module = (factor: 'sigmoid' | 'tanh') =>
      residual('new', stack('', conv(8), squeezeExcite('se', 8, 2, { gate: factor })))
    expect(right(grown({ after: 'stem', module: module('sigmoid') })).inexact).toBeNull()
    expect(right(grown({ after: 'stem', module: module('tanh') })).inexact).toMatchObject({ at: 'new' })
  })

  test('a new gate changes what passes, and says so', () => {
    const module = gate('new', conv(8, 1, { activation: 'sigmoid' }))
    expect(right(grown({ after: 'stem', module })).inexact).toMatchObject({
      _tag: 'NoPassthrough',
      at: 'new',
    })
  })
})
