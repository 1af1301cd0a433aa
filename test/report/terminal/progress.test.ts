/** Progress lines and bars, with and without a terminal. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { barLine } from '../../../src/report/terminal/bar.js'
import { downloadProgress } from '../../../src/report/terminal/download-progress.js'
import { progress, wrap } from '../../../src/report/terminal/progress.js'
import { screenOn } from '../../../src/report/terminal/screen.js'
import { skippedText } from '../../../src/report/text/render-message.js'
import type { RunEvent } from '../../../src/run/events.js'
import { prune, train, untilTarget } from '../../../src/run/schedule/schedule.js'
import type { Step } from '../../../src/run/schedule/steps.js'
import { type Stop, stopCodec } from '../../../src/run/stop-reason.js'
import { keeping } from './kept-screen.js'

const lineOf = (event: RunEvent, schedule: readonly Step[] = [train()]): string => {
  const screen = keeping()
  progress(screen, schedule).onEvent(event)
  return screen.lines.join('\n')
}

const epoch = {
  _tag: 'epoch',
  stage: 0,
  epoch: 1,
  training: { accuracy: 0.9, loss: 0.25 },
  validation: { accuracy: 0.875, loss: 0.5 },
} as const

const alignment = {
  separation: 3.21,
  correlation: 0.0191,
  holding95: 31,
  holding99: 47,
  features: 64,
  byFeatures: { '1': 0.2, '2': 0.3, '4': 0.5, '8': 0.7, '16': 0.9512, '32': 0.96, '64': 0.97 },
}

const pruned = {
  _tag: 'pruned',
  stage: 0,
  place: '0',
  removed: 1,
  params: 57_870,
  macs: 3_520_000,
  raw: { accuracy: 0.988, loss: 0.1 },
  repaired: { accuracy: 0.984, loss: 0.1 },
  recalibrated: true,
} as const

describe('a line', () => {
  test('of a training epoch shows its scores, a huge loss in short form', () => {
    expect(lineOf(epoch)).toBe('  epoch 2: loss 0.2500, training 90.00 %, validation 87.50 %')
    expect(lineOf({ ...epoch, training: { accuracy: 0.1, loss: 1e30 } })).toContain('loss 1.00e+30,')
  })

  test('of a push epoch shows how few features hold the separation', () => {
    expect(lineOf({ ...epoch, alignment })).toBe(
      '  epoch 2: loss 0.2500, training 90.00 %, validation 87.50 %, 95 % of class separation in 31 of 64 features',
    )
  })

  test('of a prune shows recalibration where there is batch norm', () => {
    const cut = '  pruned 1 channel: 57,870 parameters, 3.52 M MACs, validation after the cut 98.8 %'
    expect(lineOf(pruned)).toBe(`${cut}, recalibrated 98.4 %`)
    expect(lineOf({ ...pruned, recalibrated: false })).toBe(cut)
  })

  test('of rounds and steps shows their number, and why rounds stopped', () => {
    const rounds = untilTarget({ keep: { params: 0.1 }, rounds: 12 }, prune())
    const schedule = [train(), rounds]
    expect(lineOf({ _tag: 'stageBegan', stage: 1, name: 'rounds' }, schedule)).toBe('step 2 of 2: rounds')
    const ended = {
      _tag: 'roundEnded',
      stage: 1,
      round: 9,
      params: 1,
      macs: 1,
      validation: pruned.raw,
    } as const
    expect(lineOf({ ...ended, kept: false }, schedule)).toMatch(/^ {2}round 10 of 12 taken back: /)
  })

  test.each<[Stop, string]>([
    [
      { why: 'accuracy', fact: { _tag: 'LostTooMuch', round: 9, within: 0.05, lost: 0.0625 } },
      'round 10: expected validation accuracy within 5 points of the start, got 6.25 points below it',
    ],
    [
      { why: 'accuracy', fact: { _tag: 'LostTooMuch', round: 0, within: 0.005, lost: 0.01 } },
      'round 1: expected validation accuracy within 0.5 points of the start, got 1 point below it',
    ],
    [
      { why: 'accuracy', fact: { _tag: 'LostTooMuch', round: 0, within: 0.01 } },
      'round 1: expected validation accuracy within 1 point of the start, got less',
    ],
    [
      { why: 'budget', fact: { _tag: 'OverBudget', measure: 'params', limit: 20_000, got: 22_310 } },
      'budget: expected at most 20,000 parameters, got 22,310 parameters from the grown net',
    ],
    [
      {
        why: 'nothing left to cut',
        fact: { _tag: 'OutOfReach', measure: 'params', expected: 600, least: 1200, limits: ['floor'] },
      },
      'nothing left to cut (at least 1,200 parameters with every removable channel removed)',
    ],
    [
      { why: 'nothing left to cut', fact: { _tag: 'EmptyNet', at: 'a/conv' } },
      'nothing left to cut (layer a/conv would lose its last channel)',
    ],
    [
      { why: 'no gain', fact: { _tag: 'NoGain', growths: 2, minDelta: 0.002 } },
      'growth: expected a gain of at least 0.2 points (minDelta), got less from each of the last 2 nets',
    ],
    [
      { why: 'site pruned away', fact: { _tag: 'SiteRemoved', at: 'b' } },
      "layer b: the next module's place has been pruned away",
    ],
    [{ why: 'no gain', fact: null }, 'no gain'], // as an earlier version logged it
  ])('of rounds that stopped says why, once and without advice: %j', (stop, text) => {
    expect(lineOf({ _tag: 'roundsStopped', stage: 1, ...stop })).toBe(`  stopped: ${text}`)
    expect(stopCodec.decode(JSON.parse(JSON.stringify(stopCodec.encode(stop))))).toEqual({
      _tag: 'Right',
      right: stop,
    })
  })

  test('of images left out counts them, and names one on the same line', () => {
    const fact = (file: string) =>
      ({ _tag: 'NotAnImage', file, entry: null, offset: 0, reason: 'unknown format' }) as const
    expect(skippedText([fact('a.jpg')])).toBe(
      '1 image left out (--skip-bad): a.jpg: expected an image, got a file that cannot be decoded (unknown format)',
    )
    const seven = skippedText(Array.from({ length: 7 }, (_, nth) => fact(`${nth}.jpg`))).split('\n')
    expect([seven[0], seven.length, seven.at(-1)]).toEqual([
      '7 images left out (--skip-bad):',
      7,
      '  and 2 more',
    ])
  })

  test('wider than the terminal is broken behind commas, and nothing else of it changes', () => {
    const long = lineOf({ ...epoch, alignment })
    expect(wrap(80, long)).toBe(long.replace(', 95', ',\n    95'))
    const part = fc.stringMatching(/^[a-z]{1,12}[,:]?$/)
    fc.assert(
      fc.property(fc.array(part, { minLength: 1 }), fc.integer({ min: 20, max: 60 }), (parts, width) => {
        const text = parts.join(' ')
        expect(wrap(width, text).replaceAll('\n    ', ' ')).toBe(text)
        expect(wrap(Infinity, text)).toBe(text)
        const commas = parts.map(each => each.replace(/[,:]?$/, ',')).join(' ')
        for (const line of wrap(width, commas).split('\n')) expect(line.length).toBeLessThanOrEqual(width)
      }),
    )
  })
})

const draw = (share: number, columns: number): string =>
  '#'.repeat(Math.round(share * columns)).padEnd(columns, '.')

describe('a bar', () => {
  test('is never wider than its terminal, and gives up its gauges from the first on', () => {
    const bars = fc.record({
      what: fc.string({ maxLength: 60 }),
      share: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
      gauges: fc.array(fc.stringMatching(/^[a-z]{1,20}$/), { maxLength: 5 }),
    })
    fc.assert(
      fc.property(bars, fc.integer({ min: 0, max: 120 }), (bar, width) => {
        expect(barLine(draw, width)(bar).length).toBeLessThanOrEqual(width)
      }),
    )
    const bar = {
      what: 'epoch 1/2',
      share: 0.5,
      gauges: ['accuracy 93.12 %', 'loss 0.2500', 'about 40 s left'],
    }
    expect(barLine(draw, 70)(bar)).toBe(
      '  epoch 1/2 #####.....  accuracy 93.12 %  loss 0.2500  about 40 s left',
    )
    expect(barLine(draw, 50)(bar)).toBe('  epoch 1/2 ####....  loss 0.2500  about 40 s left')
    expect(barLine(draw, 12)(bar)).toMatch(/^ {2}…/)
  })

  test('is drawn on a terminal only, and not where plain lines are asked for', () => {
    const widths = (isTTY: boolean, env: NodeJS.ProcessEnv) =>
      screenOn({ isTTY, columns: 70, write: () => true } as never, env).width() // all that is asked of a stream here
    expect(widths(true, { TERM: 'xterm' })).toBe(70)
    expect(widths(true, { TERM: 'xterm', NO_COLOR: '' })).toBe(70)
    for (const env of [{ TERM: 'dumb' }, { TERM: 'xterm', NO_COLOR: '1' }])
      expect(widths(true, env)).toBe(Infinity)
    expect(widths(false, { TERM: 'xterm' })).toBe(Infinity)
  })
})

test('a download shows its share, or its size so far where the total is unknown', () => {
  const screen = keeping()
  let now = 0
  const report = downloadProgress(screen, () => now)
  report({ what: 'a.gz', done: 0, total: 200 })
  now = 2
  report({ what: 'a.gz', done: 50, total: 200 })
  report({ what: 'reading b', done: 1234, total: 0 })
  expect(screen.bars).toEqual([
    { what: 'a.gz', share: 0, gauges: ['0 %'] },
    { what: 'a.gz', share: 0.25, gauges: ['25 %', 'about 6 s left'] },
    { what: 'reading b', share: null, gauges: ['1,234'] },
  ])
})

test('a prune names the layers it leaves narrow; a training that lost accuracy says so', () => {
  const scored = { accuracy: 0.5, loss: 1 }
  const cut = {
    _tag: 'pruned',
    stage: 1,
    place: '1',
    removed: 3,
    params: 9,
    macs: 9,
    raw: scored,
    repaired: scored,
    recalibrated: true,
  } as const
  expect(lineOf(cut)).not.toContain('narrow')
  expect(lineOf({ ...cut, thin: [{ at: 'ip1', channels: 1, of: 32 }] })).toContain(
    '\n  narrow: ip1 1 of 32 channels, through which every path goes; try',
  )
  expect(lineOf({ ...cut, removed: 0, thin: [{ at: 'ip1', channels: 1, of: 32 }] })).not.toContain('narrow')
  const result = { name: 'train', params: 9, macs: 9, validation: { accuracy: 0.72 }, seconds: 1 }
  const ended = { _tag: 'stageEnded', stage: 1, result } as const
  expect(lineOf({ ...ended, result: { ...result, lost: 0.04 } })).toContain(
    '4.0 points below the best it had',
  )
  expect(lineOf(ended)).not.toContain('points')
})
