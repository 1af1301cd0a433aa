/** A net less a layer: what stays is as it was, and what cannot be left out is refused by name. */
import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { expect, test } from 'vitest'
import { decode } from '../../src/io/codec.js'
import { netCodec } from '../../src/net/codec.js'
import { infer } from '../../src/net/infer.js'
import { childrenOf } from '../../src/net/interpret.js'
import { layersOf } from '../../src/net/layers.js'
import { isInside, parentPath } from '../../src/net/path.js'
import type { Net } from '../../src/net/tree.js'
import { without } from '../../src/net/words/without.js'
import { renderMessage } from '../../src/report/text/render-message.js'
import { arbitraryNet } from '../support/nets/arbitrary.js'
import { deepFreeze, left } from '../support/nets/surgery.js'

/** A net and a path in it. */
const netAndPath = arbitraryNet().chain(net =>
  fc.tuple(fc.constant(net), fc.constantFrom(...layersOf(net).keys())),
)

const isHeldByOne = (net: Net, path: string): boolean =>
  path === '' || ['residual', 'gate'].includes(layersOf(net).get(parentPath(path))?._tag ?? '')

/** Paths in order, each with its layer but for its children. */
const leavesOf = (net: Net) => [...layersOf(net)].filter(([, layer]) => childrenOf(layer).length === 0)

test('the layers that stay have the paths, the options and the order they had', () => {
  fc.assert(
    fc.property(netAndPath, ([net, path]) => {
      fc.pre(!isHeldByOne(net, path))
      const less = without(path)(deepFreeze(net))
      const paths = [...layersOf(net).keys()].filter(each => !isInside(path, each))
      expect([...layersOf(less).keys()]).toEqual(paths)
      expect(leavesOf(less).filter(([at]) => at !== parentPath(path))).toEqual(
        leavesOf(net).filter(([at]) => !isInside(path, at)),
      )
    }),
  )
})

test('a path that names no layer to leave out is refused, by inference and by the codec, with that path', () => {
  fc.assert(
    fc.property(netAndPath, fc.boolean(), ([net, path], typo) => {
      const wrong = typo ? `${path}/typo` : path
      fc.pre(typo || isHeldByOne(net, path))
      const less = without(wrong)(net)
      for (const refused of [left(infer(less)), left(decode(netCodec)(less))])
        expect(renderMessage(refused)).toContain(
          `without: expected a layer that the net can do without, got "${wrong}"`,
        )
    }),
  )
})

test('a net that was refused once stays refused', () => {
  fc.assert(
    fc.property(netAndPath, ([net, path]) => {
      expect(pipe(net, without('no such layer'), without(path), infer, E.isLeft)).toBe(true)
    }),
  )
})
