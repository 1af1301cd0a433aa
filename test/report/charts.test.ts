/** Axes of scores: what is drawn lies on them, and they can be read. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { accuracyAxis, errorOf, lossAxis } from '../../src/report/charts/score-axes.js'

const errors = fc.array(fc.double({ min: 0, max: 1, noNaN: true }).map(errorOf), { maxLength: 20 })
const losses = fc.array(fc.double({ min: 1e-5, max: 1e4, noNaN: true }), { minLength: 1, maxLength: 20 })

interface Axis {
  readonly scale: { readonly domain: readonly number[] }
  readonly axis: { readonly values: readonly number[] }
}

const expectReadable = ({ scale: { domain }, axis: { values } }: Axis, drawn: readonly number[]): void => {
  const [low = Number.NaN, high = Number.NaN] = domain
  expect(high / low).toBeGreaterThanOrEqual(1.99)
  for (const value of drawn) {
    expect(value).toBeGreaterThanOrEqual(low * (1 - 1e-12))
    expect(value).toBeLessThanOrEqual(high * (1 + 1e-12))
  }
  expect(new Set(values).size).toBeGreaterThanOrEqual(2)
  for (const tick of values) {
    expect(tick).toBeGreaterThan(low * 0.94) // rounded to two digits
    expect(tick).toBeLessThan(high * 1.06)
  }
}

test('law: an axis of accuracy holds every value, ends at no accuracy below 0, and has ticks', () => {
  fc.assert(
    fc.property(errors, drawn => {
      const axis = accuracyAxis(drawn, 'accuracy')
      expectReadable(axis, drawn)
      expect(axis.scale.domain[1]).toBeLessThanOrEqual(1)
    }),
    { examples: [[[2 / 3, 2 / 3]], [[1]], [[1e-4]], [[]]] },
  )
})

test('law: an axis of losses holds every value, and has ticks', () => {
  fc.assert(
    fc.property(losses, drawn => expectReadable(lossAxis(drawn, 'loss'), drawn)),
    { examples: [[[1.1, 1.1]], [[1e4]]] },
  )
})
