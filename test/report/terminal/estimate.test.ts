/** How long a run will take, by what it has done. */
import { describe, expect, test } from 'vitest'
import { progress } from '../../../src/report/terminal/progress.js'
import { decimal, roughly } from '../../../src/report/text/numbers.js'
import { grow } from '../../../src/run/schedule/growth-plan.js'
import { resolveSteps } from '../../../src/run/schedule/resolve.js'
import { prune, push, train, untilTarget } from '../../../src/run/schedule/schedule.js'
import { tinyNet } from '../../support/nets/tiny.js'
import { keeping } from './kept-screen.js'

describe('an estimate', () => {
  const schedule = [
    train({ epochs: 2 }),
    untilTarget({ keep: { params: 0.1 }, rounds: 3 }, push({ epochs: 2 }), prune(), train({ epochs: 1 })),
    train({ epochs: 1 }),
  ]

  const stepped = (epochNow: number, step: number, loss = 1) => ({
    epoch: epochNow,
    step,
    epochs: 2,
    steps: 10,
    score: { images: 50 * step, correct: 10 * step, nats: 50 * step * loss },
  })

  test('is not made of the first step', () => {
    const screen = keeping()
    progress(screen, schedule, () => 5).onStep(stepped(0, 1, 1e12), [0])
    expect(screen.bars).toEqual([
      { what: 'epoch 1/2', share: 0.1, gauges: ['accuracy 20.00 %', 'loss 1.00e+12'] },
    ])
  })

  test('goes to the end of the run, round by round', () => {
    const screen = keeping()
    let now = 0
    const { onStep } = progress(screen, schedule, () => now)
    for (let step = 1; step <= 10; step++, now += 0.5) onStep(stepped(0, step), [0])
    // 9 steps of 0.5 s: an epoch takes 5; 2 of train, 9 in rounds and 1 are 12 in all
    expect(screen.bars.at(-1)?.gauges.slice(-2)).toEqual(['100 images/s', 'about 55 s left'])
    now = 60
    onStep(stepped(1, 5), [1, 1, 0])
    expect(screen.bars.at(-1)?.gauges.at(-1)).toMatch(/^round 2 of 3, about \d+ min left$/)
  })

  test('is the epochs left at the pace so far, wherever the run is', () => {
    const growing = resolveSteps(tinyNet)([
      grow(
        { widen: 'module', by: 1.5, max: 2, warmup: { epochs: 1 } },
        untilTarget({ keep: { params: 0.5 }, rounds: 2 }, push({ epochs: 3 }), prune()),
      ),
    ])
    const at = (...place: readonly number[]) => {
      const screen = keeping()
      let now = 0
      const { onStep } = progress(screen, [train({ epochs: 2 }), ...growing], () => now)
      onStep(stepped(0, 9), place)
      now = 4
      onStep(stepped(0, 10), place) // a tenth of an epoch in 4 s
      return screen.bars.at(-1)?.gauges.at(-1)
    }
    // 2 + 2 (1 + 2 · 3) = 16 epochs in all
    expect(at(0)).toBe(`about ${roughly(15 * 40)} left`)
    expect(at(1, 0, 0)).toBe(`growth 1 of 2, about ${roughly(13 * 40)} left`)
    expect(at(1, 1, 1, 1, 0)).toBe(`growth 2 of 2, round 2 of 2, about ${roughly(2 * 40)} left`)
  })

  test('is short, however long the time', () => {
    expect([0.2, 40.4, 59.6, 720, 12_000, 1_000_000].map(roughly)).toEqual([
      '1 s',
      '40 s',
      '1 min',
      '12 min',
      '3 h 20 min',
      '12 days',
    ])
    expect([0.25, 9999, 12345, 1e30, Infinity].map(decimal)).toEqual([
      '0.2500',
      '9999.0000',
      '1.23e+4',
      '1.00e+30',
      'Infinity',
    ])
  })
})
