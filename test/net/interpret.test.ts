/** The one recursion over the tree: its order, and the passes that are folds. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { childrenOf, fold, interpret } from '../../src/net/interpret.js'
import { editLayers, layersOf } from '../../src/net/layers.js'
import { parentPath } from '../../src/net/path.js'
import type { Net } from '../../src/net/tree.js'
import { arbitraryNet } from '../support/nets/arbitrary.js'
import { placed } from '../support/nets/surgery.js'

const hold = (law: (net: Net) => void): void => fc.assert(fc.property(arbitraryNet(), law), { numRuns: 60 })

test('a fold makes values in the order of computation, a parent after its children', () => {
  hold(net => {
    const paths = fold<readonly string[]>({
      leaf: () => [],
      stack: layers => layers.flat(),
      concat: branches => branches.flat(),
      residual: (body, shortcut) => [...body, ...shortcut],
      gate: body => body,
      place: (inside, _layer, path) => [...inside, path],
    })(net.body, '')
    expect(paths).toEqual([...placed(net).layers.keys()])
  })
})

test('to interpret is to fold into functions: the same order, and in series each passes its value on', () => {
  hold(net => {
    const paths: string[] = []
    const count = interpret<number>({
      leaf: (_leaf, _path, before) => before + 1,
      concat: branches => Math.max(...branches),
      residual: (body, shortcut) => Math.max(body, shortcut),
      gate: body => body,
      place: (output, layer, path, input) => {
        paths.push(path)
        expect(output).toBeGreaterThanOrEqual(
          input + (childrenOf(layer).length === 0 && layer._tag !== 'stack' ? 1 : 0),
        )
        return output
      },
    })(net.body, '', 0)
    expect(paths).toEqual([...placed(net).layers.keys()])
    expect(count).toBeLessThanOrEqual(layersOf(net).size)
  })
})

test('the children of a layer are those whose paths lie directly below its own', () => {
  hold(net => {
    const layers = [...layersOf(net)]
    for (const [path, layer] of layers)
      expect(childrenOf(layer)).toEqual(
        layers.flatMap(([at, each]) => (at !== '' && parentPath(at) === path ? [each] : [])),
      )
  })
})

test('a net edited with the identity is the same net', () => {
  hold(net => {
    expect(editLayers(layer => layer)(net)).toEqual(net)
  })
})
