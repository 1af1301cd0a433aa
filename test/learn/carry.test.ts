import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { inputsOf } from '../../src/graph/graph.js'
import { lower } from '../../src/graph/lower.js'
import * as op from '../../src/graph/operations.js'
import { carryAlong } from '../../src/learn/repair/carry.js'
import { weightKey } from '../../src/net/weight-specs.js'
import { type Model, prefixKeys } from '../../src/net/weights.js'
import { arbitraryModel, fedWith } from '../support/nets/arbitrary.js'
import { evaluate, type Given } from '../support/nets/reference.js'

const batch = 2

/** For each layer with a kernel, what it reads in two copies of the net. */
const callsOf = (model: Model) => {
  const images = op.input('images', [batch, ...model.net.input])
  const copies = ['', 'whole:'].map(prefix => lower({ batch, mode: 'inference', images, prefix })(model))
  return [...model.layers.keys()].flatMap(path => {
    const key = weightKey(path, 'kernel')
    const reads = copies.flatMap(({ into }) => into.get(path) ?? [])
    const outputs = Object.fromEntries(reads.map((value, nth) => [`${nth}`, value]))
    return key in model.weights ? [{ key, graph: { outputs, updates: [] } }] : []
  })
}

const numbersIn = ({ weights }: Model): Given =>
  Object.fromEntries(
    Object.entries({ ...weights, ...prefixKeys('whole:')(weights) }).map(([key, { data }]) => [key, data]),
  )

test('calls that go on from others give what they give by themselves, while kernels behind them change', () => {
  fc.assert(
    fc.property(
      arbitraryModel(),
      fc.oneof(fc.constant(0), fc.constant(Number.POSITIVE_INFINITY), fc.nat(40_000)),
      (model, mostBytes) => {
        const calls = callsOf(model)
        const images = fedWith(1, 'images', [batch, ...model.net.input])
        let variables = numbersIn(model)
        let feeds: Given = { images }
        carryAlong(calls, mostBytes).forEach(({ key, graph, keeps }, nth) => {
          const got = evaluate(graph, feeds, variables).outputs
          const alone = evaluate(calls[nth]?.graph ?? graph, { images }, variables).outputs
          for (const [name, values] of Object.entries(alone)) expect(got[name], key).toEqual(values)
          const all: Given = { ...feeds, ...got }
          if (keeps !== null)
            feeds = Object.fromEntries(['images', ...keeps].map(name => [name, all[name] ?? images]))
          variables = {
            ...variables,
            [key]: Float64Array.from(variables[key] ?? [], each => each * 1.5 + 0.1),
          }
        })
      },
    ),
    { numRuns: 12 },
  )
})

test('each layer is computed once where all may be carried, and nothing is where nothing may', () => {
  const [model] = fc.sample(arbitraryModel(), { seed: 3, numRuns: 1 })
  if (model === undefined) throw new Error('one was drawn')
  const calls = callsOf(model)
  const starts = (mostBytes: number) =>
    carryAlong(calls, mostBytes).map(({ graph }) => Object.keys(inputsOf(graph)).includes('images'))
  expect(starts(0)).toEqual(calls.map(() => true))
  expect(starts(Number.POSITIVE_INFINITY).filter(Boolean).length).toBeLessThan(calls.length)
})
