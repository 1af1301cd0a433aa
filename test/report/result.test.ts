/** The table at the end of a run: lost accuracy and slower nets have a line. */
import { expect, test } from 'vitest'
import { resultTable } from '../../src/report/tables/result.js'
import type { Result } from '../../src/run/events.js'

const stage = { name: 'train', params: 10, macs: 10, seconds: 1 }
const scored = { accuracy: 0.75, loss: 0.7 }
const net = { params: 10, macs: 10, bytes: 40, test: scored }

const result: Result = {
  experiment: 'net',
  engine: { name: 'wasm', version: '1', threads: 1 },
  code: { version: '0', commit: null },
  seed: 0,
  data: { name: 'tiny', checksum: 'tiny' },
  params: 10,
  macs: 10,
  stages: [
    { ...stage, validation: { accuracy: 0.76 } },
    { ...stage, validation: { accuracy: 0.72 }, lost: 0.04 },
  ],
  test: scored,
  seconds: 2,
  out: 'runs/net',
}

const beside = (one: number, hundred: number): string =>
  resultTable({
    ...result,
    compared: [
      { ...net, name: 'before', latency: { one: 1, hundred: 10 } },
      { ...net, name: 'after', latency: { one, hundred } },
    ],
  })

test('a step that ended below where it began', () => {
  expect(resultTable(result)).toContain('step 2 train ended 4.0 points below the best it had')
  expect(resultTable(result)).not.toContain('step 1 train ended')
})

test('a net that became slower', () => {
  expect(beside(1.5, 8)).toContain('slower: 1 image 1 ms → 1.5 ms;')
  expect(beside(0.5, 12)).toContain('slower: 100 images 10 ms → 12 ms;')
  expect(beside(1.02, 10)).not.toContain('slower')
})
