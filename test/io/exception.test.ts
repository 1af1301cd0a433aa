/** What is read of a thrown value, whatever it is. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { isCode, messageOf, stackOf } from '../../src/io/exception.js'

test('any value has a message, and one that is no error has no stack', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.integer(), fc.constantFrom(null, undefined)), thrown => {
      expect(messageOf(thrown)).toBe(`${thrown}`)
      expect(stackOf(thrown)).toEqual({})
      expect(isCode('ENOENT')(thrown)).toBe(false)
    }),
  )
})

test('an error has its message and stack alone, and the code that the system gave it', () => {
  const error = Object.assign(new RangeError('too far'), { code: 'ERANGE' })
  expect(messageOf(error)).toBe('too far')
  expect(stackOf(error).stack).toContain('RangeError: too far')
  expect([isCode('ERANGE')(error), isCode('ENOENT', 'ERANGE')(error), isCode('ENOENT')(error)]).toEqual([
    true,
    true,
    false,
  ])
})
