/** Streams as they were on the first day: runs repeat themselves only while no value changes. */
import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { normal, normals, stream } from '../../src/net/random.js'
import { init } from '../../src/net/weights.js'
import { right } from '../support/nets/surgery.js'
import { tinyNet } from '../support/nets/tiny.js'

const three = (draw: () => number) => [draw(), draw(), draw()]

test.each([
  [0, 'stem/conv/kernel', [0.022947006858885288, 0.6615791751537472, 0.7457938943989575]],
  [-1, '', [0.19168819370679557, 0.05434491368941963, 0.6696035661734641]],
  [2 ** 31 + 5, 'a', [0.378388641634956, 0.6781030457932502, 0.5672507146373391]],
])('the stream of %i and %j', (seed, key, values) => {
  expect(three(stream(seed, key))).toEqual(values)
})

test('normal draws', () => {
  expect(three(normal(stream(7, 'x')))).toEqual([
    1.0341602130652505, -0.07854994460736303, 1.3946810753311782,
  ])
})

test('many normal draws are those of the stream one after another', () => {
  fc.assert(
    fc.property(
      fc.integer(),
      fc.string(),
      fc.nat(20),
      fc.double({ min: 0, max: 9 }),
      (seed, key, size, by) => {
        const draw = normal(stream(seed, key))
        expect(normals(seed, key, size, by)).toEqual(Float32Array.from({ length: size }, () => by * draw()))
      },
    ),
  )
})

test('of very many normal draws, none is rounded to another number', () => {
  const draw = normal(stream(1, 'many'))
  const isOther = (value: number): boolean => !Object.is(value, Math.fround(0.3 * draw()))
  expect(normals(1, 'many', 500_000, 0.3).filter(isOther)).toHaveLength(0)
})

test('the first weights of a net', () => {
  const all = createHash('sha256')
  for (const [key, { data }] of Object.entries(right(init(3)(tinyNet)).weights))
    all.update(key).update(new Uint8Array(data.buffer))
  expect(all.digest('hex')).toBe('123b65e2825c5cd945edb234fdcc57a06a88907738ef9838d085f8017e891220')
})
