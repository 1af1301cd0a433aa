/** The page of a study: its front, its heat maps, its table. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { paretoFront, type StudyGroup, testMean } from '../../src/report/pages/study/groups.js'
import { studyPage } from '../../src/report/pages/study/page.js'
import { all, attribute, expectSelfContained, parsed, textOf } from '../support/page.js'

const group = (number: number, params: number, test: readonly number[], facts = {}): StudyGroup => ({
  number,
  name: Object.values(facts).join(' ') || `net <${number}>`,
  facts,
  params,
  macs: 10 * params,
  bytes: 4 * params,
  raw: [],
  repaired: [],
  validation: test,
  test,
  scratch: [],
  latency: null,
  features: [],
})

const groups = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 9 })), {
    minLength: 1,
    maxLength: 12,
  })
  .map(list => list.map(([params, correct], nth) => group(nth + 1, params, [correct / 10])))

const beats = (a: StudyGroup, b: StudyGroup): boolean =>
  a.params <= b.params && testMean(a) >= testMean(b) && (a.params < b.params || testMean(a) > testMean(b))

test('law: who is on the front is beaten by nobody, who is not by somebody on it', () => {
  fc.assert(
    fc.property(groups, given => {
      const front = paretoFront(given)
      for (const each of given) {
        const on = front.includes(each)
        expect(given.some(other => beats(other, each))).toBe(!on)
        expect(front.some(other => beats(other, each))).toBe(!on)
      }
    }),
  )
})

const compared = [
  group(1, 24702, [0.985, 0.987]),
  group(2, 9901, [0.994, 0.996]),
  group(3, 2359, [0.992, 0.992]),
]

test('a comparison has a picture with its front, and a table that sorts by numbers', async () => {
  const page = await studyPage({ name: 'some & any', groups: compared, note: '2 seeds' })()
  expectSelfContained(page)
  const tree = parsed(page)
  const [picture] = all(tree, 'svg').filter(svg => attribute(svg, 'role') === 'img')
  expect(picture && attribute(picture, 'aria-label')).toBe(
    'Test accuracy over parameters of 3 variants; on the front: net <3>, net <2>',
  )
  const [table] = all(tree, 'table')
  expect(table && attribute(table, 'class')).toBe('sortable')
  const rows = table === undefined ? [] : all(table, 'tr').slice(1)
  expect(rows.map(row => all(row, 'td').map(cell => attribute(cell, 'data-value'))[1])).toEqual([
    '24702',
    '9901',
    '2359',
  ])
  expect(rows.map(textOf)[1]).toContain('99.50 ± 0.14')
  expect(textOf(tree)).toContain('some & any')
})

test('an ablation has a heat map a share, with every cell and the best framed', async () => {
  const crossed = ['none', 'fade'].flatMap((training, row) =>
    ['l1', 'taylor', 'lda'].flatMap((criterion, column) =>
      [0.5, 0.9].map((removed, panel) =>
        group(1, 100, [0.9 - 0.3 * panel + 0.01 * row + 0.02 * column], { training, criterion, removed }),
      ),
    ),
  )
  const page = await studyPage({ name: 'ablation', groups: crossed, note: '1 seed' })()
  const maps = all(parsed(page), 'table').filter(table => attribute(table, 'class') === 'heat')
  expect(maps.map(map => all(map, 'td').map(textOf))).toEqual([
    ['90.0', '92.0', '94.0', '91.0', '93.0', '95.0'],
    ['60.0', '62.0', '64.0', '61.0', '63.0', '65.0'],
  ])
  const best = maps.flatMap(map => all(map, 'td').filter(cell => attribute(cell, 'class') === 'best'))
  expect(best.map(textOf)).toEqual(['95.0', '65.0'])
})

const pushedFrom = (net: string) => ({
  net,
  size: 9,
  separation: [1],
  correlation: 'iVBORw0KGgo=',
  redundancy: 0.0512,
})

test('a study shows the features before and after the pushes of each variant, of an ablation of each training', async () => {
  const features = ['before the push', 'after the push'].map(pushedFrom)
  const picturesOf = async (groups: readonly StudyGroup[]) => {
    const tree = parsed(await studyPage({ name: 'study', groups, note: '1 seed' })())
    expect(textOf(tree).includes('after the push: 9 features, mean r² 0.051')).toBe(groups.length > 1)
    return all(tree, 'img').map(image => attribute(image, 'alt'))
  }
  const pictures = ['before', 'after'].map(
    when => `correlations within classes of 9 features ${when} the push`,
  )
  const [first, ...others] = compared
  expect(await picturesOf(first === undefined ? [] : [first])).toEqual([])
  expect(await picturesOf([...compared.slice(0, 1), ...others.map(each => ({ ...each, features }))])).toEqual(
    [...pictures, ...pictures],
  )
  const cell = (criterion: string, training: string, given: typeof features) => ({
    ...group(1, 100, [0.9], { training, criterion, removed: 0.5 }),
    features: given,
  })
  expect(
    await picturesOf([cell('l1', 'none', []), cell('l1', 'fade', features), cell('lda', 'fade', features)]),
  ).toEqual(pictures)
})

test('a study of nothing has a page', async () => {
  expect(textOf(parsed(await studyPage({ name: 'none', groups: [], note: '' })()))).toContain('No variant')
})
