import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { differentiate } from '../../src/graph/differentiate.js'
import * as op from '../../src/graph/operations.js'
import { scatter } from '../../src/graph/separation.js'
import { available } from '../support/engines.js'
import {
  byGraph,
  differences,
  drawn,
  duplicated,
  guards,
  heldOf,
  range,
  type Seen,
  seen,
  sizeOf,
  terms,
  value,
} from '../support/nets/reference/separation.js'
import { succeed } from '../support/scratch.js'

describe.each(Object.entries(terms))('%s', (_, [term, plain]) => {
  test('is what plain loops say', () => {
    fc.assert(
      fc.property(seen, data => {
        const [got, expected] = [byGraph(term, data).value, plain(data, heldOf(data))]
        expect(Math.abs(got - expected)).toBeLessThan(1e-8 * Math.max(1, Math.abs(expected)))
      }),
      { numRuns: 60 },
    )
  })

  test('its slopes are differences', () => {
    fc.assert(
      fc.property(seen, data => {
        const expected = differences(plain, data)
        const scale = Math.max(1e-3, ...expected.map(Math.abs))
        byGraph(term, data).slopes.forEach((slope, i) => {
          expect(Math.abs(slope - (expected[i] ?? Number.NaN)) / scale).toBeLessThan(1e-4)
        })
      }),
      { numRuns: 12 },
    )
  })

  test.each(guards)('%s: finite, and so are its slopes', (_, data) => {
    const { value, slopes } = byGraph(term, data)
    expect(Number.isFinite(value)).toBe(true)
    expect(slopes.every(Number.isFinite)).toBe(true)
  })

  test('does not mind the order of images, nor what classes are called', () => {
    fc.assert(
      fc.property(seen, fc.nat(), (data, by) => {
        const order = range(data.rows.length).toSorted((a, b) => ((a * 7 + by) % 5) - ((b * 7 + by) % 5))
        const other: Seen = {
          classes: data.classes,
          rows: order.map(i => data.rows[i] ?? []),
          labels: order.map(i => ((data.labels[i] ?? 0) + by) % data.classes),
        }
        expect(byGraph(term, other).value).toBeCloseTo(byGraph(term, data).value, 8)
      }),
      { numRuns: 30 },
    )
  })
})

describe('laws', () => {
  test('ridge separation is the same after any rotation', () => {
    fc.assert(
      fc.property(seen, fc.double({ min: 0, max: 7, noNaN: true }), (data, angle) => {
        fc.pre(sizeOf(data) >= 2)
        const [c, s] = [Math.cos(angle), Math.sin(angle)]
        const rows = data.rows.map(([x = 0, y = 0, ...rest]) =>
          [c * x - s * y, s * x + c * y, ...rest].reverse(),
        )
        expect(value('ridge', { ...data, rows })).toBeCloseTo(value('ridge', data), 8)
      }),
      { numRuns: 30 },
    )
  })

  test('correlation lies from 0 to 1, and near 1 for copies of one feature', () => {
    fc.assert(
      fc.property(seen, data => {
        expect(value('correlation', data)).toBeGreaterThanOrEqual(-1e-12)
        expect(value('correlation', data)).toBeLessThanOrEqual(1)
      }),
    )
    expect(value('correlation', duplicated(drawn(3, 20, 1, 2), 4))).toBeGreaterThan(0.95)
  })

  test('scale wins nothing of separation, correlation or compactness', () => {
    fc.assert(
      fc.property(seen, fc.double({ min: 0.1, max: 50, noNaN: true }), (data, scale) => {
        const scaled = { ...data, rows: data.rows.map(row => row.map(x => scale * x)) }
        fc.pre(Math.min(heldOf(data).epsilon, heldOf(scaled).epsilon) > 1e-4) // of which the constant 1e-6 is a hundredth
        for (const term of ['axis', 'ridge', 'correlation', 'compactness'])
          expect(Math.abs(value(term, scaled) - value(term, data))).toBeLessThan(
            0.01 * (1 + value(term, data)),
          )
      }),
      { numRuns: 30 },
    )
  })

  test('compactness is 1 where all features carry the classes alike, 1/√d where one does', () => {
    const alike = duplicated(drawn(5, 12, 1, 3), 4)
    expect(value('compactness', alike)).toBeCloseTo(1, 6)
    const labels = range(12).map(i => i % 3)
    const alone: Seen = { classes: 3, labels, rows: labels.map(label => [10 * label, 0, 0, 0]) }
    expect(value('compactness', alone)).toBeCloseTo(1 / 2, 3)
  })

  test('copies of a feature do not raise the separation of the best', () => {
    fc.assert(
      fc.property(seen, fc.integer({ min: 2, max: 4 }), (data, times) => {
        const alone: Seen = { ...data, rows: data.rows.map(([x = 0]) => [x]) }
        expect(value('axis', duplicated(alone, times))).toBeCloseTo(value('axis', alone), 8)
      }),
      { numRuns: 30 },
    )
  })
})

describe.each(await available())('in single precision on %s', (_, engine) => {
  test.each(guards)('%s: finite, and so are all slopes', async (_, { classes, rows, labels }) => {
    const features = op.input('features', [rows.length, rows[0]?.length ?? 0])
    const seen = scatter(features, op.input('targets', [rows.length, classes]))
    const values = Object.values(terms).map(([term]) => term(seen))
    const slopes = values.map(each => differentiate()(each, [features])[0] ?? each)
    const outputs = Object.fromEntries([...values, ...slopes].map((each, nth) => [`${nth}`, each]))
    const session = await succeed(engine.open({ look: { outputs, updates: [] } }))
    const targets = Float32Array.from(labels.flatMap(label => range(classes).map(c => (c === label ? 1 : 0))))
    const got = session.run('look', { features: Float32Array.from(rows.flat()), targets })
    session.close()
    for (const name of Object.keys(outputs)) expect(got[name]?.every(Number.isFinite), name).toBe(true)
  })
})
