/** A run's lines where there is no terminal. */
import { expect, test } from 'vitest'
import { progress } from '../src/report/progress.js'
import type { RunEvent } from '../src/run/event.js'

const lineOf = (event: RunEvent): string => {
  let written = ''
  const stream = { isTTY: false, write: (text: string) => (written += text) } as never // all a line is told by
  progress(stream).onEvent(event)
  return written
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
  holding95: 12,
  holding99: 40,
  features: 128,
  byFeatures: { '1': 0.2, '2': 0.3, '4': 0.5, '8': 0.7, '16': 0.9512, '32': 0.96, '64': 0.97 },
}

test('an epoch of a push tells what it has pushed, on one line', () => {
  expect(lineOf({ ...epoch, alignment })).toBe(
    '  epoch 2: loss 0.2500, training 90.00 %, validation 87.50 %, separation 3.21, correlation 0.019, 12 and 40 of 128 features hold 95 and 99 %, the best 16 alone 95.12 %\n',
  )
})

test('where nearly all features are needed, none is told of a few', () => {
  const all = { ...alignment, holding95: 100 }
  expect(lineOf({ ...epoch, alignment: all })).toMatch(/100 and 40 of 128 features hold 95 and 99 %\n$/)
})

test('an epoch of training tells its scores', () => {
  expect(lineOf(epoch)).toBe('  epoch 2: loss 0.2500, training 90.00 %, validation 87.50 %\n')
})

test('a cut names the layers it leaves narrow; a training that lost something says so', () => {
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
  } as const
  expect(lineOf(cut)).not.toContain('narrow')
  expect(lineOf({ ...cut, thin: [{ at: 'ip1', channels: 1, of: 32 }] })).toContain(
    '\n  narrow: ip1 1 of 32 channels;',
  )
  const result = { name: 'train', params: 9, macs: 9, validation: { accuracy: 0.72 }, seconds: 1 }
  const ended = { _tag: 'stageEnded', stage: 1, result } as const
  expect(lineOf({ ...ended, result: { ...result, lost: 0.04 } })).toContain(
    '4.0 points below the best it had',
  )
  expect(lineOf(ended)).not.toContain('points')
})
