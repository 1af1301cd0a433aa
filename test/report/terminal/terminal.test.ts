/** Studies on a terminal: tables that fit it, the time that is left of all runs, and times that nobody can wait for. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { glyphs } from '../../../src/data/spec.js'
import { markdown } from '../../../src/report/tables/markdown.js'
import { barLine } from '../../../src/report/terminal/bar.js'
import { fitMarkdown } from '../../../src/report/terminal/fit-markdown.js'
import type { Screen } from '../../../src/report/terminal/screen.js'
import { schedulesOf, studyProgress } from '../../../src/report/terminal/study-progress.js'
import { duration, roughly } from '../../../src/report/text/numbers.js'
import { experiment } from '../../../src/run/schedule/experiment.js'
import { prune, train } from '../../../src/run/schedule/schedule.js'
import { study } from '../../../src/run/study/study.js'
import { tinyNet } from '../../support/nets/tiny.js'

const cell = fc.stringMatching(/^[a-zA-Z0-9%±→.]{0,12}( [a-z]{1,6})?$/)

const grids = fc.integer({ min: 2, max: 9 }).chain(columns => {
  const row = fc.array(cell, { minLength: columns, maxLength: columns })
  return fc.tuple(row, fc.array(row, { minLength: 1, maxLength: 4 }))
})

test('a table fits its terminal, and loses no cell', () => {
  fc.assert(
    fc.property(grids, fc.integer({ min: 45, max: 120 }), ([head, rows], width) => {
      const text = `## title\n\n${markdown(head, rows)}\n\nfooter; of some words.`
      const fitted = fitMarkdown(width)(text)
      for (const line of fitted.split('\n')) expect(line.length).toBeLessThanOrEqual(width)
      for (const each of [head, ...rows].flat())
        if (rows.flat().includes(each)) expect(fitted).toContain(each)
      expect(fitted).not.toContain('| ')
      expect(fitMarkdown(Number.POSITIVE_INFINITY)(text)).toBe(text)
    }),
  )
})

test('a time is short, whatever a clock gives', () => {
  const seconds = fc.oneof(
    fc.double({ min: 0 }),
    fc.constantFrom(Number.NaN, 1.95e12, Number.POSITIVE_INFINITY),
  )
  fc.assert(
    fc.property(seconds, some => {
      for (const text of [duration(some), roughly(some)]) {
        expect(text.length).toBeLessThanOrEqual('over 1,000 days'.length)
        expect(text).not.toMatch(/NaN|Infinity|e\+/)
      }
    }),
  )
  expect([90_061, 2 * 86_400 + 7200, 1.95e12].map(duration)).toEqual([
    '25 h 01 min',
    '2 days 2 h',
    'over 1,000 days',
  ])
})

describe('the progress of a study', () => {
  const of = (epochs: number) =>
    experiment(tinyNet, glyphs(), train({ epochs }), prune({ keep: { params: 0.5 } }))
  const two = study('two', { seeds: 2 }, [
    { name: 'short', experiment: of(2) },
    { name: 'a variant of a long name '.repeat(3), experiment: of(4), scratch: true },
  ])

  test('has a run for each variant and seed, and for each that is trained from scratch', () => {
    const lengths = schedulesOf(two, [0, 1]).map(([first]) => (first?._tag === 'train' ? first.epochs : 0))
    expect(lengths).toEqual([2, 4, 4, 2, 4, 4])
  })

  test('tells the time that is left of all its runs, on lines that fit', () => {
    const [lines, bars]: [string[], string[]] = [[], []]
    const screen: Screen = {
      width: () => 60,
      line: text => lines.push(...text.split('\n')),
      bar: bar => bars.push(barLine((share, columns) => '#'.repeat(Math.round(share * columns)), 60)(bar)),
      clear: () => undefined,
      close: () => undefined,
    }
    let now = 0
    const { onCell, onStep } = studyProgress(screen, schedulesOf(two, [0]), () => now)
    const score = { images: 10, correct: 5, nats: 1 }
    const step = (epoch: number, nth: number) =>
      onStep({ epoch, step: nth, epochs: 2, steps: 10, score }, [0])
    onCell('short', 0, false)
    for (let nth = 1; nth <= 10; nth++, now += 1) step(0, nth)
    // 9 steps of 1 s: an epoch takes 10; 1 of this run and 8 of the others are left
    expect(bars.at(-1)).toMatch(/^ {2}run 1\/3, epoch 1\/2 #+ {2}about 2 min left$/)
    onCell('a variant of a long name '.repeat(3), 0, false)
    step(0, 10)
    expect(lines[0]).toBe('1 of 3: short, seed 0')
    for (const bar of bars) expect(bar.length).toBeLessThanOrEqual(60)
    expect(bars.at(-1)).toMatch(/about \d+ min left$/)
  })
})
