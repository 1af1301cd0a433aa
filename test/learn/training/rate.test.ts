import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  constant,
  cosine,
  factorAt,
  type LearningRateSchedule,
  step,
} from '../../../src/learn/training/learning-rate.js'

const phase = fc
  .tuple(fc.integer({ min: 1, max: 300 }), fc.nat(40))
  .filter(([steps, warmup]) => warmup < steps)
  .map(([steps, warmup]) => ({ steps, warmup }))

const share = fc.double({ min: 0, max: 1, noNaN: true })

const every = (schedule: LearningRateSchedule, steps: number): readonly number[] =>
  Array.from({ length: steps }, (_, nth) => factorAt(schedule, steps)(nth))

const schedules = fc
  .tuple(phase, share, fc.array(share, { maxLength: 4 }))
  .chain(([{ steps, warmup }, low, at]) =>
    fc
      .constantFrom(constant({ warmup }), step({ warmup, at, factor: low }), cosine({ warmup, floor: low }))
      .map(schedule => ({ schedule, steps, warmup })),
  )

describe('every schedule', () => {
  test('rises linearly during warm-up, up to 1', () => {
    fc.assert(
      fc.property(schedules, ({ schedule, steps, warmup }) => {
        every(schedule, warmup).forEach((_, nth) => {
          expect(factorAt(schedule, steps)(nth)).toBeCloseTo((nth + 1) / warmup, 12)
        })
      }),
    )
  })

  test('never rises after warm-up, and stays from 0 to 1', () => {
    fc.assert(
      fc.property(schedules, ({ schedule, steps, warmup }) => {
        const after = every(schedule, steps).slice(warmup)
        after.forEach((factor, nth) => {
          expect(factor).toBeLessThanOrEqual(after[nth - 1] ?? 1)
          expect(factor).toBeGreaterThanOrEqual(0)
        })
      }),
    )
  })
})

test('a constant is 1', () => {
  expect(every(constant(), 5)).toEqual([1, 1, 1, 1, 1])
})

test('steps multiply at each share of the phase after warm-up', () => {
  fc.assert(
    fc.property(phase, fc.array(fc.nat(100), { maxLength: 4 }), ({ steps, warmup }, percents) => {
      const at = percents.map(turn => turn / 100)
      every(step({ warmup, at, factor: 0.1 }), steps).forEach((factor, nth) => {
        if (nth < warmup) return
        const passed = percents.filter(turn => 100 * (nth - warmup) >= turn * (steps - warmup)).length
        expect(factor).toBeCloseTo(0.1 ** passed, 12)
      })
    }),
  )
  expect(every(step(), 8)).toEqual([1, 1, 1, 1, 0.1, 0.1, 0.1 ** 2, 0.1 ** 2])
})

test('a cosine goes from 1 to its floor, half-way in the middle', () => {
  fc.assert(
    fc.property(phase, share, ({ steps, warmup }, floor) => {
      const at = factorAt(cosine({ warmup, floor }), steps)
      const half = warmup + (steps - warmup) / 2
      expect(at(warmup)).toBeCloseTo(1, 12)
      expect(at(half)).toBeCloseTo((1 + floor) / 2, 9)
      expect(at(steps)).toBeCloseTo(floor, 9)
      expect(at(half - 0.25) + at(half + 0.25)).toBeCloseTo(1 + floor, 9) // odd around its middle
    }),
  )
})

test('a phase shorter than its warm-up ends while rising', () => {
  expect(every(cosine({ warmup: 20 }), 3)).toEqual([1 / 20, 2 / 20, 3 / 20])
})
