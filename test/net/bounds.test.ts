/** Whatever comes from outside is read, or refused as a fact, in bounded time and without overflowing the stack. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, test } from 'vitest'
import { exportModel } from '../../src/convert/export.js'
import { readKerasModel } from '../../src/convert/keras/import/read.js'
import { lower } from '../../src/graph/lower.js'
import { glyphs, grow, train, untilTarget } from '../../src/index.js'
import { decode } from '../../src/io/codec.js'
import { show } from '../../src/io/text/show.js'
import { wireNet } from '../../src/net/channels/wiring.js'
import { netCodec } from '../../src/net/codec.js'
import { infer } from '../../src/net/infer.js'
import { layersOf } from '../../src/net/layers.js'
import { maxDepth, mostLayers } from '../../src/net/limits/limits.js'
import type { Layer, Net } from '../../src/net/tree.js'
import { init } from '../../src/net/weights.js'
import { relu } from '../../src/net/words/activations.js'
import { net, stack, withName } from '../../src/net/words/combinators.js'
import { convBnAct, dense, flatten, globalAvgPool, image } from '../../src/net/words/leaves.js'
import { describe as described } from '../../src/report/tables/describe.js'
import { renderMessage } from '../../src/report/text/render-message.js'
import { checkSchedule } from '../../src/run/schedule/check.js'
import { experimentCodec } from '../../src/run/schedule/codec.js'
import { experiment } from '../../src/run/schedule/experiment.js'
import { simplify } from '../../src/surgery/prune/simplify.js'
import { left, right } from '../support/nets/surgery.js'
import { tinyNet } from '../support/nets/tiny.js'
import { scratch } from '../support/scratch.js'

const treeOf = (...layers: readonly Layer[]): Net => ({
  _tag: 'net',
  name: 'n',
  input: [4, 4, 1],
  body: {
    _tag: 'stack',
    name: '',
    layers: [...layers, { ...globalAvgPool, name: 'pool' }, { ...dense(3), name: 'head' }],
  },
})

/** A layer inside so many stacks. */
const nested = (levels: number): Layer =>
  Array.from({ length: levels }).reduce<Layer>(inner => ({ _tag: 'stack', name: 's', layers: [inner] }), {
    ...relu,
    name: 'relu',
  })

/** Every pass that meets a net before it is checked. */
const passes = (odd: Net): readonly E.Either<object, unknown>[] => [
  infer(odd),
  init(0)(odd),
  E.map(lower({ batch: 1, mode: 'training' }))(infer(odd)),
  decode(netCodec)(odd),
  checkSchedule(9)(
    experiment(odd, glyphs(), grow({ after: 'x', module: () => convBnAct(2), max: 2 }), train()),
  ),
  checkSchedule(9)(experiment(tinyNet, glyphs(), grow({ after: 'conv', module: odd.body as never, max: 2 }))),
]

const seconds = (run: () => unknown): number => {
  const began = performance.now()
  run()
  return (performance.now() - began) / 1000
}

describe('a net', () => {
  test('may be as deep as the bound, and is refused below it, however deep', () => {
    for (const pass of passes(treeOf(nested(maxDepth - 1))).slice(0, 4)) expect(E.isRight(pass)).toBe(true)
    for (const levels of [maxDepth, 2000, 50_000])
      for (const pass of passes(treeOf(nested(levels))).filter((_, nth) => nth !== 3 || levels > 200))
        expect(['TooMany', 'DecodeError', 'UnknownPath']).toContain(Object(left(pass))._tag)
    expect(renderMessage(left(infer(treeOf(nested(2000)))))).toMatch(
      /^layer …[s/]+: expected at most 100 levels, which is what this program can hold, got 101; try fewer$/,
    )
    expect(layersOf(treeOf(nested(50_000))).size).toBe(50_004)
  })

  test('of 2⁴⁰ layers is refused before all are visited', () => {
    const doubled = Array.from({ length: 40 }).reduce<Layer>(
      inner => stack('s', withName('a', inner as typeof relu), withName('b', inner as typeof relu)),
      relu,
    )
    expect(left(infer(treeOf(doubled)))).toMatchObject({ _tag: 'TooMany', what: 'layers', most: mostLayers })
    expect(renderMessage(left(decode(netCodec)(treeOf(doubled))))).toBe(
      'expected at most 4,000,000 parts, got more',
    )
  })

  test('that is wider than memory is refused where it is', () => {
    const said = (...layers: Layer[]) =>
      renderMessage(left(infer(treeOf(stack('b', stack('three', ...(layers as readonly (typeof relu)[])))))))
    expect(said(convBnAct(6e9))).toBe(
      'layer b/three/conv: expected at most 16,777,216 filters, which is what this program can hold, got 6,000,000,000; try fewer',
    )
    expect(said(convBnAct(1e6, 1), convBnAct(1e6, 1))).toMatch(
      /^layer b\/three\/conv2: expected at most [\d,]+ weights, which is what this program can hold, got [\d,]+; try fewer$/,
    )
    expect(said(convBnAct(2, 100_000))).toMatch(
      /^layer b\/three\/conv: expected at most [\d,]+ padded values, which is what this program can hold, got [\d,]+; try fewer$/,
    )
    expect(renderMessage(left(infer({ ...treeOf({ ...relu, name: 'a' }), input: [1e5, 1e5, 3] })))).toMatch(
      /^layer a: expected at most [\d,]+ values, which is what this program can hold, got 30,000,000,000; try fewer$/,
    )
    const wide = Array.from(
      { length: 3 },
      (_, nth): Layer => ({ ...convBnAct(9_000_000, 1), name: `c${nth}` }),
    )
    expect(Object(left(infer(treeOf(...wide))))._tag).toBe('TooMany')
    expect(renderMessage(left(infer(net('n', image(4, 4, 1), flatten, dense(6e9)))))).toMatch(
      /^layer dense: expected at most [\d,]+ units, which is what this program can hold, got 6,000,000,000; try fewer$/,
    )
  })

  const row = (layers: number, filters: number) =>
    net(
      'n',
      image(2, 2, 1),
      ...Array.from({ length: layers }, () => convBnAct(filters, 1)),
      globalAvgPool,
      dense(2),
    )

  test('of tens of thousands of layers is built, placed and described in time with their number', () => {
    const all = (layers: number) =>
      seconds(() => {
        const long = row(layers, 1)
        expect(described(right(infer(long))).split('\n').length).toBe(layers + 6)
      })
    all(1000)
    expect(all(20_000) / all(5000)).toBeLessThan(12) // 16 where it grows with the square
  })

  test('of tens of thousands of layers is narrowed in time with their number', () => {
    const narrowed = (layers: number) => {
      const long = row(layers, 2)
      const wiring = wireNet(right(infer(long)))
      const kept = new Uint8Array(wiring.count).map((_, wire) => wire % 2)
      const narrow = simplify(wiring, { kept, bypassed: new Set() })
      return seconds(() => expect(narrow(long).body.layers.length).toBe(layers + 2))
    }
    narrowed(1000)
    expect(narrowed(60_000) / narrowed(6000)).toBeLessThan(30) // 100 where it grows with the square
  })

  test('grows four hundred times in a schedule without going through it four hundred times', () => {
    const many = grow({ after: 'conv', module: convBnAct(2), max: 400 }, train())
    expect(seconds(() => experiment(tinyNet, glyphs(), many))).toBeLessThan(0.5)
  })
})

describe('JSON', () => {
  test('as deep as it likes is refused', () => {
    for (const text of [
      '['.repeat(100_000) + ']'.repeat(100_000),
      `${'{"a":'.repeat(9999)}1${'}'.repeat(9999)}`,
    ])
      expect(renderMessage(left(decode(experimentCodec)(JSON.parse(text))))).toBe(
        'expected at most 250 levels, got more',
      )
  })

  test('with steps inside steps as deep as it likes too', () => {
    const deep = Array.from({ length: 30_000 }).reduce<never>(
      inner => untilTarget({ eta: 1 }, inner) as never,
      train() as never,
    )
    expect(E.isLeft(decode(experimentCodec)(experiment(tinyNet, glyphs(), deep)))).toBe(true)
  })

  test('tagged with what every object has is refused by what would do', () => {
    for (const tag of [...Object.getOwnPropertyNames(Object.prototype), '', 'net']) {
      const fault = left(
        decode(netCodec)(JSON.parse(JSON.stringify(treeOf({ ...relu, _tag: tag as never, name: 'x' })))),
      )
      expect(renderMessage(fault)).toMatch(/, _tag: expected one of conv, depthwise, dense.*, got ".*"$/)
      const data = { ...experiment(tinyNet, glyphs(), train()), data: { _tag: tag } }
      expect(renderMessage(left(decode(experimentCodec)(data)))).toMatch('expected one of glyphs, mnist')
    }
  })
})

test('a LayersModel whose names have thousands of parts is refused', async () => {
  const folder = scratch()
  const one = right(init(0)(treeOf({ ...convBnAct(2, 3, { norm: false }), name: 'a' })))
  right(await exportModel({ to: 'layers', folder })(one)())
  const file = join(folder, 'model.json')
  const topology = readFileSync(file, 'utf8')
  for (const parts of [maxDepth + 1, 5000]) {
    const name = Array.from({ length: parts }, () => 'a').join('/')
    writeFileSync(file, topology.replaceAll('"a"', `"${name}"`).replaceAll('"a/', `"${name}/`))
    expect(renderMessage(left(await readKerasModel(folder)()))).toMatch(
      'at most 100 levels, which is what this program can hold, got 101',
    )
  }
})

test('anything at all is shown in a few words', () => {
  const circle: Record<string, unknown> = {}
  circle.self = circle
  expect(show(circle)).toBe('{"self":{"self":…}}')
  expect(show({ epochs: Number.NaN, at: [undefined, 10n] })).toBe('{"epochs":NaN,"at":[undefined,10]}')
  fc.assert(
    fc.property(fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true }), value => {
      expect(show(value).length).toBeLessThanOrEqual(81)
    }),
  )
})
