/** How deep and how large a value from outside may be. */
import { isRecord } from './predicate-codec.js'

/** Records and lists inside one another in a value from outside: two for each level of a net, and what is around it. */
export const mostLevels = 250

/** Records, lists and plain values in a value from outside: a dozen for each layer of several nets. */
export const mostParts = 4_000_000

/** Unpacked bytes from one packed byte: weights give about one, text ten. */
export const mostUnpackedRatio = 100

/** The most bytes that packed bytes may become; small files need no ratio. */
export const mostUnpacked = (packed: number): number => Math.max(2 ** 26, mostUnpackedRatio * packed)

/** Bytes of a text in a binary file, such as the JSON of a model: the largest published ones have two million. */
export const mostTextBytes = 2 ** 26

const isBranch = (value: unknown): value is object => isRecord(value) && !ArrayBuffer.isView(value)

/** What is too much of a value from outside: told without recursion, and without going further than the bounds. */
export const excessOf = (value: unknown): 'levels' | 'parts' | null => {
  const open: (readonly [unknown, number])[] = [[value, 0]]
  let parts = 0
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [here, level] = next
    if (++parts > mostParts) return 'parts'
    if (!isBranch(here)) continue
    if (level === mostLevels) return 'levels'
    for (const child of Object.values(here)) open.push([child, level + 1])
  }
  return null
}
