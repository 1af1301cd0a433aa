/** Dependency groups of random nets. */
import * as fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { groups } from '../../src/net/channels/groups.js'
import { wireNet } from '../../src/net/channels/wiring.js'
import { type CheckedNet, infer } from '../../src/net/infer.js'
import { editLayers } from '../../src/net/layers.js'
import { channelsOf } from '../../src/net/shape.js'
import type { Net } from '../../src/net/tree.js'
import { allWeightSpecs } from '../../src/net/weight-specs.js'
import { arbitraryNet } from '../support/nets/arbitrary.js'
import { right } from '../support/nets/surgery.js'

vi.setConfig({ testTimeout: 120_000 })

const placed = (given: Net): CheckedNet => right(infer(given))

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
