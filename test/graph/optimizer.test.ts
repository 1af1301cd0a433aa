import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Graph, variablesOf } from '../../src/graph/graph.js'
import * as op from '../../src/graph/operations.js'
import {
  adamw,
  clip,
  normOf,
  type Optimizer,
  optimizerFeeds,
  sgd,
  updatesOf,
  type WeightGradient,
} from '../../src/graph/optimizer.js'
import type { Shape } from '../../src/net/shape.js'
import { sizeOf } from '../../src/net/shape.js'
import { fedWith } from '../support/nets/arbitrary.js'
import { evaluate, type Given } from '../support/nets/reference.js'

const shapes: Readonly<Record<string, Shape>> = {
  'a/kernel': [2, 3],
  'a/bias': [3],
  'b/kernel': [3, 3, 1, 2],
  'b/scale': [2],
  'b/shift': [2],
}

const keys = Object.keys(shapes)

type Numbers = Readonly<Record<string, readonly number[]>>

const numbersOf = (name: (key: string) => string, seed: number): Numbers =>
  Object.fromEntries(keys.map(key => [key, [...fedWith(seed, name(key), shapes[key] ?? [])]]))

/** Gradients come as inputs, so that they are whatever is fed. */
const slopes: readonly WeightGradient[] = keys.map(key => ({
  key,
  weight: op.weight(key, shapes[key] ?? []),
  gradient: op.input(`gradient/${key}`, shapes[key] ?? []),
}))

const gradientsAt = (seed: number, step: number): Numbers => numbersOf(key => `gradient/${step}/${key}`, seed)

interface Course {
  readonly seed: number
  readonly rate: number
  readonly steps: number
}

const course: fc.Arbitrary<Course> = fc.record({
  seed: fc.nat(),
  rate: fc.double({ min: 1e-3, max: 1, noNaN: true }),
  steps: fc.integer({ min: 1, max: 5 }),
})

/** What the operations make of the weights, step by step. */
const byGraph = (
  optimizer: Optimizer,
  { seed, rate, steps }: Course,
  change = (all: readonly WeightGradient[]) => all,
) => {
  const graph: Graph = { outputs: {}, updates: updatesOf(optimizer)(change(slopes)) }
  const start: Given = Object.fromEntries(
    Object.entries(numbersOf(key => key, seed)).map(([key, values]) => [key, Float64Array.from(values)]),
  )
  return Array.from({ length: steps }).reduce<Given>((variables, _, step) => {
    const gradients = Object.entries(gradientsAt(seed, step)).map(
      ([key, values]) => [`gradient/${key}`, Float64Array.from(values)] as const,
    )
    const feeds = { ...optimizerFeeds(optimizer, Math.fround(rate), step), ...Object.fromEntries(gradients) }
    return evaluate(graph, feeds, variables).variables
  }, start)
}

/** One number after another as the formulas have it; `change` is what happens to all gradients of a step. */
const byFormula = (
  weigh: (key: string) => (gradients: readonly number[], weight: number) => number,
  { seed, steps }: Course,
  change: (gradients: Numbers) => Numbers = gradients => gradients,
): Numbers => {
  const all = Array.from({ length: steps }, (_, step) => change(gradientsAt(seed, step)))
  const begin = numbersOf(key => key, seed)
  return Object.fromEntries(
    keys.map(key => [
      key,
      (begin[key] ?? []).map((weight, i) =>
        weigh(key)(
          all.map(each => each[key]?.[i] ?? Number.NaN),
          weight,
        ),
      ),
    ]),
  )
}

const expectClose = (got: Given, expected: Numbers): void => {
  for (const key of keys)
    expected[key]?.forEach((value, i) => {
      expect(Math.abs((got[key]?.[i] ?? Number.NaN) - value)).toBeLessThan(
        1e-5 * Math.max(1, Math.abs(value)),
      )
    })
}

const decayed = (key: string): boolean => key.endsWith('/kernel')

/** Sutskever et al. 2013 in the form of deep-learning libraries: v ← μv + g, w ← w − r·v or w − r·(g + μv). */
const momentumRule =
  (rate: number, momentum: number, nesterov: boolean, decay: number) =>
  (key: string) =>
  (gradients: readonly number[], start: number): number => {
    let [weight, velocity] = [start, 0]
    for (const slope of gradients) {
      const pulled = slope + (decayed(key) ? decay * weight : 0)
      velocity = momentum * velocity + pulled
      weight -= rate * (nesterov ? pulled + momentum * velocity : velocity)
    }
    return weight
  }

/** Kingma and Ba 2015, end of section 2, with the decoupled decay of Loshchilov and Hutter 2019. */
const adamRule =
  (rate: number, beta1: number, beta2: number, epsilon: number, decay: number) =>
  (key: string) =>
  (gradients: readonly number[], start: number): number => {
    let [weight, first, second] = [start, 0, 0]
    gradients.forEach((slope, nth) => {
      first = beta1 * first + (1 - beta1) * slope
      second = beta2 * second + (1 - beta2) * slope ** 2
      const stride = (rate * Math.sqrt(1 - beta2 ** (nth + 1))) / (1 - beta1 ** (nth + 1))
      weight -= (stride * first) / (Math.sqrt(second) + epsilon) + (decayed(key) ? rate * decay * weight : 0)
    })
    return weight
  }

const norm = (gradients: Numbers): number => Math.hypot(...Object.values(gradients).flat())

const clipped =
  (limit: number) =>
  (gradients: Numbers): Numbers =>
    Object.fromEntries(
      Object.entries(gradients).map(([key, values]) => [
        key,
        values.map(value => value * Math.min(1, limit / norm(gradients))),
      ]),
    )

const share = fc.double({ min: 0, max: 0.99, noNaN: true })

describe('the operations do what the formulas say', () => {
  test('SGD with momentum, Nesterov’s or not', () => {
    fc.assert(
      fc.property(course, share, fc.boolean(), share, (given, momentum, nesterov, decay) => {
        expectClose(
          byGraph(sgd({ momentum, nesterov, weightDecay: decay }), given),
          byFormula(momentumRule(given.rate, momentum, nesterov, decay), given),
        )
      }),
      { numRuns: 50 },
    )
  })

  test('AdamW', () => {
    fc.assert(
      fc.property(course, share, share, share, (given, beta1, beta2, decay) => {
        expectClose(
          byGraph(adamw({ beta1, beta2, weightDecay: decay, epsilon: 1e-3 }), given),
          byFormula(adamRule(given.rate, beta1, beta2, 1e-3, decay), given),
        )
      }),
      { numRuns: 50 },
    )
  })

  test('clipping scales all gradients alike, by their common norm', () => {
    fc.assert(
      fc.property(course, fc.double({ min: 0.1, max: 5, noNaN: true }), (given, limit) => {
        expectClose(
          byGraph(sgd(), given, clip(limit)),
          byFormula(momentumRule(given.rate, 0.9, true, 5e-4), given, clipped(limit)),
        )
      }),
      { numRuns: 50 },
    )
  })

  test('the norm is over every gradient; clipping none leaves them zero', () => {
    const graph: Graph = {
      outputs: { norm: normOf(slopes), clipped: clip(1)(slopes)[0]?.gradient ?? op.zeros([]) },
      updates: [],
    }
    const zeros = Object.fromEntries(
      keys.map(key => [`gradient/${key}`, new Float64Array(sizeOf(shapes[key] ?? []))]),
    )
    const { outputs } = evaluate(graph, zeros, {})
    expect([outputs.norm?.[0], outputs.clipped?.every(value => value === 0)]).toEqual([0, true])
    const fed = gradientsAt(3, 0)
    const gradients = Object.fromEntries(
      keys.map(key => [`gradient/${key}`, Float64Array.from(fed[key] ?? [])]),
    )
    expect(evaluate(graph, gradients, {}).outputs.norm?.[0]).toBeCloseTo(norm(fed), 9)
  })
})

const all: readonly Optimizer[] = [
  sgd(),
  sgd({ nesterov: false }),
  sgd({ momentum: 0 }),
  adamw(),
  adamw({ weightDecay: 0 }),
]

describe.each(all)('%o', optimizer => {
  test('at rate zero changes no weight', () => {
    const before = numbersOf(key => key, 5)
    const after = byGraph(optimizer, { seed: 5, rate: 0, steps: 3 })
    for (const key of keys) expect([...(after[key] ?? [])]).toEqual(before[key])
  })

  test('decays kernels and nothing else', () => {
    const feeds = Object.fromEntries(
      keys.map(key => [`gradient/${key}`, new Float64Array(sizeOf(shapes[key] ?? []))]),
    )
    const start = Object.fromEntries(
      Object.entries(numbersOf(key => key, 7)).map(([key, values]) => [key, Float64Array.from(values)]),
    )
    const { variables } = evaluate(
      { outputs: {}, updates: updatesOf(optimizer)(slopes) },
      { ...feeds, ...optimizerFeeds(optimizer, 0.5, 0) },
      start,
    )
    for (const key of keys)
      variables[key]?.forEach((after, i) => {
        const before = start[key]?.[i] ?? Number.NaN
        if (decayed(key) && optimizer.weightDecay > 0) expect(Math.abs(after)).toBeLessThan(Math.abs(before))
        else expect(after).toBe(before)
      })
  })

  test('keeps its slots beside the weights, of their shapes', () => {
    const variables = variablesOf({ train: { outputs: {}, updates: updatesOf(optimizer)(slopes) } })
    const slots = optimizer._tag === 'sgd' ? ['velocity'] : ['first', 'second']
    for (const key of keys) for (const slot of slots) expect(variables[`${key}/${slot}`]).toEqual(shapes[key])
    expect(Object.keys(variables).length).toBe(
      keys.length * slots.length + keys.filter(key => key in variables).length,
    )
  })
})
