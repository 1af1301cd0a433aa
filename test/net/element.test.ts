import { expect, test } from 'vitest'
import { elementAt } from '../../src/io/element.js'

test('an element is read by an index of its list alone', () => {
  expect(elementAt([3, 0], 1)).toBe(0)
  expect(elementAt(Float32Array.of(0), 0)).toBe(0)
  for (const index of [-1, 2, 0.5, Number.NaN])
    expect(() => elementAt([3, 0], index)).toThrow(`expected an index below 2, got ${index}`)
})
