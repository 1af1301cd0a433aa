/** Dependency groups: laws over random nets, then hand-made ones whose groups anyone can check. */
import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { expect, test, vi } from 'vitest'
import { groups } from '../../src/net/channels/groups.js'
import { wireNet } from '../../src/net/channels/wiring.js'
import { type CheckedNet, infer } from '../../src/net/infer.js'
import { editLayers } from '../../src/net/layers.js'
import { channelsOf } from '../../src/net/shape.js'
import type { Net } from '../../src/net/tree.js'
import { allWeightSpecs } from '../../src/net/weight-specs.js'
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
import { arbitraryNet } from '../support/nets/arbitrary.js'

vi.setConfig({ testTimeout: 120_000 })

const placed = (given: Net): CheckedNet => {
  const inferred = infer(given)
  if (E.isLeft(inferred)) throw new Error(JSON.stringify(inferred.left))
  return inferred.right
}

const runs = { numRuns: 80 }

test('groups partition the wires', () => {
  fc.assert(
    fc.property(arbitraryNet(), given => {
      const inferred = placed(given)
      const wiring = wireNet(inferred)
      const wires = groups(inferred, wiring).flatMap(group => [...group.wires])
      expect(wires.toSorted((a, b) => a - b)).toEqual([...Array(wiring.count).keys()])
    }),
    runs,
  )
})

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

test('groups partition every axis of every slot but the sides of its window', () => {
  fc.assert(
    fc.property(arbitraryNet(), given => {
      const inferred = placed(given)
      const covered = new Map<string, number[]>()
      for (const { members } of groups(inferred))
        for (const { path, slot, axis, rows } of members) {
          const key = `${path}/${slot}/${axis}`
          covered.set(key, [...(covered.get(key) ?? []), ...rows])
        }
      for (const { key, shape, slot, at } of allWeightSpecs(inferred)) {
        const depthwise = inferred.layers.get(at)?.layer._tag === 'depthwise'
        shape.forEach((size, axis) => {
          const side = slot === 'kernel' && (axis < shape.length - 2 || (depthwise && axis === 3))
          const rows = covered.get(`${key}/${axis}`)?.toSorted((a, b) => a - b)
          expect(rows, `${key} ${axis}`).toEqual(side ? undefined : [...Array(size).keys()])
        })
      }
    }),
    runs,
  )
})

test('each channel of a group has equally many places on each of its axes, none of them shared', () => {
  fc.assert(
    fc.property(arbitraryNet(), given => {
      for (const { wires, members } of groups(placed(given)))
        for (const { rows, times } of members) {
          expect(rows.length).toBe(wires.length * times)
          expect(new Set(rows).size).toBe(rows.length)
        }
    }),
    runs,
  )
})

test('wires are closed under every edge', () => {
  fc.assert(
    fc.property(arbitraryNet(), given => {
      const inferred = placed(given)
      const { into, out } = wireNet(inferred)
      for (const { path, layer, input, output } of inferred.layers.values()) {
        const [x, y] = [[...(into.get(path) ?? [])], [...(out.get(path) ?? [])]]
        const child = (name: string) => [...(out.get(path === '' ? name : `${path}/${name}`) ?? [])]
        expect([x.length, y.length]).toEqual([channelsOf(input), channelsOf(output)])
        switch (layer._tag) {
          case 'conv':
            for (const wires of [x, y])
              expect(wires).toEqual(wires.map((_, i) => wires[i % (wires.length / layer.groups)]))
            break
          case 'dense':
            break
          case 'concat':
            expect(y).toEqual(layer.branches.flatMap(branch => child(branch.name)))
            break
          case 'residual':
            expect(y).toEqual(child(layer.body.name))
            expect(y).toEqual(child(layer.shortcut.name))
            break
          case 'gate':
            expect(y).toEqual(x)
            if (layer.body._tag === 'stack') expect(y).toEqual(child(layer.body.name))
            break
          case 'channelShuffle': {
            const size = x.length / layer.groups
            const [group, place] = [
              (i: number) => i % layer.groups,
              (i: number) => Math.floor(i / layer.groups),
            ]
            expect(y).toEqual(y.map((_, i) => x[group(i) * size + place(i)]))
            expect(x).toEqual(x.map((_, i) => x[i % size]))
            break
          }
          case 'channelSlice':
            expect(y).toEqual(x.slice(layer.from, layer.from + layer.size))
            break
          case 'flatten':
            expect(y).toEqual(y.map((_, i) => x[i % x.length]))
            break
          case 'stack':
            expect(y).toEqual(layer.layers.length === 0 ? x : child(layer.layers.at(-1)?.name ?? ''))
            break
          default:
            expect(y).toEqual(x)
        }
      }
    }),
    runs,
  )
})

test('whichever channels are removed, if every layer keeps one, the rest fits', () => {
  fc.assert(
    fc.property(arbitraryNet(), fc.infiniteStream(fc.boolean()), (given, coins) => {
      const inferred = placed(given)
      const { into, out } = wireNet(inferred)
      const sliced = [...inferred.layers.values()].flatMap(({ path, layer }) =>
        layer._tag === 'channelSlice' ? [...(out.get(path) ?? []).slice(0, 1)] : [],
      )
      const kept = new Set(
        groups(inferred)
          .flatMap(({ wires, fixed }) =>
            [...wires].filter((_, i) => i === 0 || fixed !== null || coins.next().value),
          )
          .concat(sliced),
      )
      const width = (path: string) => (out.get(path) ?? []).filter(each => kept.has(each)).length
      const before = (path: string, from: number) =>
        (into.get(path) ?? []).slice(0, from).filter(each => kept.has(each)).length
      const narrower = editLayers((layer, path) => {
        if (layer._tag === 'conv') return { ...layer, filters: width(path) }
        if (layer._tag === 'channelSlice')
          return { ...layer, from: before(path, layer.from), size: width(path) }
        return layer._tag === 'dense' ? { ...layer, units: width(path) } : layer
      })(given)
      for (const { path, output } of placed(narrower).layers.values())
        expect(channelsOf(output)).toBe(width(path))
    }),
    runs,
  )
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
