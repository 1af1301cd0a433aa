/** Tables line up, and digits are grouped as the locale has it. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { table } from '../../src/report/tables/table.js'
import { thousands } from '../../src/report/text/numbers.js'

test('digits are grouped as in en-US', () => {
  fc.assert(
    fc.property(fc.oneof(fc.integer(), fc.double({ min: 0, max: 1e15, noNaN: true })), n => {
      expect(thousands(n)).toBe(Math.round(n).toLocaleString('en-US').replace(/^-0$/, '0'))
    }),
  )
})

const cell = fc.stringMatching(/^[a-z0-9]{1,9}$/)

test('each column ends at one place on every line, the first begins at one', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 8 }),
      fc.tuple(cell, cell, cell),
      (rows, head) => {
        const lines = table(head, rows).split('\n')
        const cells = lines.map(line => [...line.matchAll(/\S+/g)])
        const ends = cells.map(found => found.slice(1).map(({ 0: text, index }) => index + text.length))
        expect(cells.map(found => found.map(([text]) => text))).toEqual([head, ...rows])
        expect(new Set(cells.map(([first]) => first?.index))).toEqual(new Set([0]))
        for (const end of ends) expect(end).toEqual(ends[0])
      },
    ),
  )
})

test('no line ends in blanks, and an empty cell is one', () => {
  expect(
    table(
      ['layer', 'kind', 'n'],
      [
        ['a', '', '12'],
        ['total', 'sum', ''],
      ],
    ),
  ).toBe('layer  kind   n\na            12\ntotal   sum')
})
