/** Lists and maps read where they must have a value, and lists compared. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { elementAt, isSameList, valueAt } from '../../src/io/element.js'

test('an element is read by an index of its list alone', () => {
  expect(elementAt([3, 0], 1)).toBe(0)
  expect(elementAt(Float32Array.of(0), 0)).toBe(0)
  for (const index of [-1, 2, 0.5, Number.NaN])
    expect(() => elementAt([3, 0], index)).toThrow(`expected an index below 2, got ${index}`)
})

test('a value is read by a key of its map alone', () => {
  expect(valueAt(new Map([['a', 0]]), 'a')).toBe(0)
  expect(valueAt(new Map([['a', null]]), 'a')).toBe(null)
  expect(() => valueAt(new Map([['a', 0]]), 'b')).toThrow('expected one of 1 keys, got b')
})

test('lists are the same where their values are, whatever holds them', () => {
  const bytes = fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 3 })
  fc.assert(fc.property(bytes, bytes, (a, b) => isSameList(a, Uint8Array.from(b)) === (`${a}` === `${b}`)))
})
