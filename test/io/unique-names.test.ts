/** Names that nothing has yet. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { numberedNames, uniqueNames } from '../../src/io/text/unique-names.js'

const name = fc.constantFrom<string[]>('a', 'b', 'a_1', 'a2', 'a_1_1', 'b3')
const names = fc.array(name, { maxLength: 20 })

test('names are given once, none of the reserved ones', () => {
  fc.assert(
    fc.property(names, names, (reserved, wanted) => {
      const given = wanted.map(uniqueNames(reserved))
      expect(new Set(given).size).toBe(given.length)
      expect(given.filter(each => reserved.includes(each))).toEqual([])
    }),
  )
})

test('the first of a name keeps it where nothing has it', () => {
  fc.assert(
    fc.property(name, wanted => {
      expect(uniqueNames()(wanted)).toBe(wanted)
      expect(numberedNames(() => false)(wanted)).toBe(wanted)
    }),
  )
})

test('numbered names pass over those in use', () => {
  fc.assert(
    fc.property(names, names, (known, wanted) => {
      const used = new Set(known)
      const numbered = numberedNames(each => used.has(each))
      for (const each of wanted) {
        const given = numbered(each)
        expect(used.has(given)).toBe(false)
        used.add(given)
      }
    }),
  )
})
