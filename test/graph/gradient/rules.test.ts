/** Each rule of the gradient is the finite difference, and tfjs' gradient. */
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-core/dist/register_all_gradients.js'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { differentiate } from '../../../src/graph/differentiate.js'
import type { Graph, PoolWindow, Value, Window } from '../../../src/graph/graph.js'
import * as op from '../../../src/graph/operations.js'
import type { Shape } from '../../../src/net/shape.js'
import type { Padding } from '../../../src/net/tree.js'
import { fedWith } from '../../support/nets/arbitrary.js'
import { evaluate, type Given } from '../../support/nets/reference.js'
import { examples, total } from './examples.js'

/** Σ of the values, each with a weight of its own, so that no two slopes cancel. */
const weighed = (y: Value): Value => op.sum(op.mul(y, op.input('weighing', y.shape)))

/** The steepest difference between the rule's slopes and central differences, relative to the largest slope. */
const discrepancy = (sources: readonly Value[], y: Value, feeds: Given, h = 1e-6): number => {
  const loss = weighed(y)
  const slopes = differentiate()(loss, sources)
  const graph: Graph = { outputs: { loss }, updates: [] }
  const got = evaluate(
    { outputs: Object.fromEntries(slopes.map((slope, n) => [`${n}`, slope])), updates: [] },
    feeds,
    {},
  )
  const differences = sources.flatMap((source, nth) => {
    const name = source.op.kind === 'input' ? source.op.name : ''
    const values = feeds[name] ?? []
    return Array.from(values, (value, i) => {
      const moved = (by: number) => ({ ...feeds, [name]: Float64Array.from(values).with(i, value + by) })
      const slope = (total(graph, moved(h)) - total(graph, moved(-h))) / (2 * h)
      return [slope, got.outputs[`${nth}`]?.[i] ?? Number.NaN] as const
    })
  })
  const scale = Math.max(1, ...differences.map(([slope]) => Math.abs(slope)))
  return Math.max(...differences.map(([slope, rule]) => Math.abs(slope - rule) / scale))
}

const vectorNet = (name: string, shapes: readonly Shape[]): readonly Value[] =>
  shapes.map((shape, n) => op.input(`${name}${n}`, shape))

const feedsOf = (
  values: readonly Value[],
  y: Value,
  seed: number,
  [low, high] = [-1, 1] as readonly [number, number],
): Given =>
  Object.fromEntries([
    ...values.map(({ op, shape }) => {
      const name = op.kind === 'input' ? op.name : ''
      return [
        name,
        Float64Array.from(fedWith(seed, name, shape), u => low + ((u + 1) / 2) * (high - low)),
      ] as const
    }),
    ['weighing', Float64Array.from(fedWith(seed, 'weighing', y.shape))] as const,
  ])

const extra: Given = {
  identity: Float64Array.from([1, 0, 0, 0, 1, 0, 0, 0, 1]),
  targets: Float64Array.from(fedWith(3, 'targets', [3, 4])),
}

describe('where the two sides of an operation meet', () => {
  const kinks = {
    maximum: { ours: op.maximum, tfjs: tf.maximum, sides: [0.5, 0.5] },
    minimum: { ours: op.minimum, tfjs: tf.minimum, sides: [0.5, 0.5] },
    relu: { ours: op.relu, tfjs: tf.relu, sides: [0] },
    relu6: { ours: op.relu6, tfjs: tf.relu6, sides: [0] },
  } satisfies Record<
    string,
    { ours: (...x: never[]) => Value; tfjs: (...x: never[]) => tf.Tensor; sides: number[] }
  >

  test.each(Object.entries(kinks))(
    '%s: the gradient is that of tfjs, between the slopes of both sides',
    async (_, kink) => {
      await tf.setBackend('cpu')
      const { sides } = kink
      const ours = kink.ours as (...x: readonly Value[]) => Value // each takes as many as it has sides
      const tfjs = kink.tfjs as (...x: readonly tf.Tensor[]) => tf.Tensor // as above
      const sources = sides.map((__, nth) => op.input(`${nth}`, []))
      const y = ours(...sources)
      const given = (values: readonly number[]): Given =>
        Object.fromEntries(values.map((value, nth) => [`${nth}`, Float64Array.of(value)]))
      const of = (value: Value, values: readonly number[]): number =>
        total({ outputs: { loss: value }, updates: [] }, given(values))
      const slopes = differentiate()(y, sources).map(slope => of(slope, sides))
      expect(slopes).toEqual(
        tf
          .grads((...x) => tfjs(...x))(sides.map(side => tf.scalar(side)))
          .map(grad => grad.dataSync()[0]),
      )
      sides.forEach((side, nth) => {
        const towards = [-1e-6, 1e-6].map(h => (of(y, sides.with(nth, side + h)) - of(y, sides)) / h)
        expect(slopes[nth]).toBeGreaterThanOrEqual(Math.min(...towards) - 1e-6)
        expect(slopes[nth]).toBeLessThanOrEqual(Math.max(...towards) + 1e-6)
      })
      if (sides.length > 1) expect(slopes.reduce((a, b) => a + b)).toBe(1)
    },
  )
})

describe('each rule of the gradient is the finite difference', () => {
  test.each(Object.entries(examples))('%s', (_, each) => {
    for (const { inputs, build, from } of each) {
      const values = vectorNet('x', inputs)
      const y = build(...values)
      expect(discrepancy(values, y, { ...feedsOf(values, y, 7, from), ...extra })).toBeLessThan(1e-7)
    }
  })

  const window = fc.record({
    side: fc.tuple(fc.integer({ min: 3, max: 7 }), fc.integer({ min: 3, max: 7 })),
    size: fc.integer({ min: 1, max: 3 }),
    stride: fc.integer({ min: 1, max: 3 }),
    dilation: fc.integer({ min: 1, max: 2 }),
    padding: fc.constantFrom<Padding[]>('same', 'valid', 0, 1, 2),
    seed: fc.nat(),
  })
  const builders = {
    conv: (x: Value, kernel: Value, slides: Window) => op.conv(x, kernel, slides),
    depthwise: (x: Value, kernel: Value, slides: Window) => op.depthwise(x, kernel, slides),
    maxPool: (x: Value, _: Value, __: Window, pool: PoolWindow) => op.maxPool(x, pool),
    avgPool: (x: Value, _: Value, __: Window, pool: PoolWindow) => op.avgPool(x, pool),
  }
  test.each(['conv', 'depthwise', 'maxPool', 'avgPool'] as const)('%s, any window', kind => {
    fc.assert(
      fc.property(window, ({ side, size, stride, dilation, padding, seed }) => {
        const apart = kind === 'conv' || kind === 'depthwise' ? dilation : 1
        fc.pre(apart * (size - 1) + 1 <= Math.min(...side))
        const slides = { stride, dilation: apart, padding: size === 1 ? 'same' : padding }
        const x = op.input('x', [2, ...side, 2])
        const kernel = op.input('kernel', [size, size, 2, kind === 'conv' ? 3 : 1])
        const pool = { ...slides, size, padding: padding === 'same' ? padding : ('valid' as const) }
        const y = builders[kind](x, kernel, slides, pool)
        const sources = kind === 'conv' || kind === 'depthwise' ? [x, kernel] : [x]
        return discrepancy(sources, y, feedsOf([x, kernel], y, seed)) < 1e-7
      }),
      { numRuns: 25 },
    )
  })
})

test('what is not differentiable sends nothing back', () => {
  const x = op.input('x', [2, 3])
  const row = op.reshape(x, [6])
  for (const y of [op.sign(x), op.greater(x, 0), op.stopGradient(x), op.largest(row, 2)]) {
    const [slope] = differentiate()(op.sum(y), [x])
    expect([
      ...(evaluate({ outputs: { slope: slope ?? y }, updates: [] }, { x: new Float32Array(6).fill(2) }, {})
        .outputs.slope ?? []),
    ]).toEqual([0, 0, 0, 0, 0, 0])
  }
})
