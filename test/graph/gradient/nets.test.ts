/** Gradients of whole nets, and what the deconvolution rules change. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { differentiate } from '../../../src/graph/differentiate.js'
import { deconvolution, gradient } from '../../../src/graph/gradient-rules.js'
import { type Graph, inputsOf, type Kind } from '../../../src/graph/graph.js'
import { lower } from '../../../src/graph/lower.js'
import type { Mode } from '../../../src/graph/lowering.js'
import * as op from '../../../src/graph/operations.js'
import type { Model } from '../../../src/net/weights.js'
import { arbitraryModel, fedWith } from '../../support/nets/arbitrary.js'
import { evaluate, type Given } from '../../support/nets/reference.js'
import { total } from './examples.js'

const batch = 3

const weightsOf = ({ weights }: Model): Given =>
  Object.fromEntries(Object.entries(weights).map(([key, { data }]) => [key, Float64Array.from(data)]))

/** Cross-entropy of a net over one batch, with softly labelled targets. */
const lossOf = (model: Model, mode: Mode) => {
  const { logits, weights, images } = lower({ batch, mode })(model)
  const targets = op.input('targets', logits.shape)
  return { loss: op.mean(op.crossEntropy(logits, op.softmax(targets))), weights, images }
}

describe('over whole random nets', () => {
  test.each(['training', 'inference'] as const)('the slope along any direction of the weights, %s', mode => {
    fc.assert(
      fc.property(arbitraryModel({ dropout: true }), fc.nat(), (model, seed) => {
        const { loss, weights, images } = lossOf(model, mode)
        const moved = [...weights].filter(([key]) => !/\/(mean|variance)$/.test(key))
        const sources = [...moved.map(([, value]) => value), images]
        const slopes = differentiate()(loss, sources)
        const graph: Graph = { outputs: { loss }, updates: [] }
        const feeds = Object.fromEntries(
          Object.entries(inputsOf(graph)).map(([name, shape]) => [
            name,
            Float64Array.from(fedWith(seed, name, shape)),
          ]),
        )
        const begun = weightsOf(model)
        const ways = Object.fromEntries(moved.map(([key, { shape }]) => [key, fedWith(seed + 1, key, shape)]))
        const along = (by: number): Given =>
          Object.fromEntries(
            Object.entries(begun).map(([key, data]) => [
              key,
              data.map((w, i) => w + by * (ways[key]?.[i] ?? 0)),
            ]),
          )
        const outputs = Object.fromEntries(slopes.map((slope, n) => [`${n}`, slope]))
        const got = evaluate({ outputs, updates: [] }, feeds, begun).outputs
        const rule = moved.reduce(
          (sum, [key], n) =>
            sum + (got[`${n}`] ?? new Float64Array()).reduce((s, g, i) => s + g * (ways[key]?.[i] ?? 0), 0),
          0,
        )
        const fits = (h: number): boolean => {
          const finite = (total(graph, feeds, along(h)) - total(graph, feeds, along(-h))) / (2 * h)
          return Math.abs(finite - rule) < 1e-5 * Math.max(1, Math.abs(finite))
        }
        expect([1e-6, 1e-7, 1e-8].some(fits)).toBe(true) // a longer step may cross a rectifier's kink
      }),
      { numRuns: 40 },
    )
  })
})

test('the deconvolution rules differ from the gradient at the rectifiers alone', () => {
  const differing = (Object.keys(gradient) as Kind[]).filter(kind => gradient[kind] !== deconvolution[kind])
  expect(differing).toEqual(['relu', 'relu6'])
  const x = op.input('x', [4])
  const seed = op.input('seed', [4])
  const feeds = { x: Float64Array.of(-1, 2, -3, 4), seed: Float64Array.of(5, 6, -7, -8) }
  const sent = (rules: typeof gradient) => {
    const [signal] = differentiate(rules)(op.relu(x), [x], seed)
    return [...(evaluate({ outputs: { signal: signal ?? x }, updates: [] }, feeds, {}).outputs.signal ?? [])]
  }
  expect(sent(gradient)).toEqual([0, 6, 0, -8])
  expect(sent(deconvolution)).toEqual([5, 6, 0, 0])
})
