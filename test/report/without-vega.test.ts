/** A page where the packages that draw charts are not installed. */
import { expect, test, vi } from 'vitest'
import type { StudyGroup } from '../../src/report/pages/study/groups.js'
import { studyPage } from '../../src/report/pages/study/page.js'
import { all, parsed, textOf } from '../support/page.js'

vi.mock('vega', () => {
  throw new Error('Cannot find package vega')
})

const variant: StudyGroup = {
  number: 1,
  name: 'only',
  facts: {},
  params: 10,
  macs: 10,
  bytes: 40,
  raw: [],
  repaired: [],
  validation: [0.9],
  test: [0.9],
  scratch: [],
  latency: null,
  features: [],
}

test('has a line in the place of each chart that says what to install', async () => {
  const tree = parsed(await studyPage({ name: 'one', groups: [variant], note: '1 seed' })())
  expect(textOf(tree)).toContain('no picture, package vega: expected it to be installed, got none; ')
  expect(textOf(tree)).toContain('npm install vega@6 vega-lite@6')
  expect(all(tree, 'svg').filter(svg => svg.attrs.some(({ value }) => value === 'img'))).toEqual([])
  expect(textOf(tree)).toContain('90.00 %')
})
