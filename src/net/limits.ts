/** Limits of values from outside, so that no pass over them overflows the stack or the memory. */

/**
 * Layers inside layers. Every pass over a net recurses once a level; the codec, the hungriest, overflows a default
 * stack at some 1,300 of them, and a caller may have used a part of it. Published nets have five to ten.
 */
export const deepest = 100

/** Layers of a net; published ones have a thousand at most. Placing so many takes a second or so. */
export const mostLayers = 100_000

/** Channels of all layers together: groups keep some fifty bytes of each. VGG-16, flattened at full size, has 60,000. */
export const mostChannels = 2 ** 24

/** Values of one layer for one image, four gigabytes in single precision. */
export const mostValues = 2 ** 30

/** Weights of all layers together, four gigabytes in single precision. */
export const mostWeights = 2 ** 30

/** Classes of a data set, each with a name. */
export const mostClasses = 1_000_000

/** Images that are drawn and kept in memory: 784 bytes each. */
export const mostDrawn = 1_000_000

/** Records and lists inside one another in a value from outside: two for each level of a net, and the records around it. */
export const mostLevels = 250

/** Records, lists and plain values in a value from outside: a dozen for each layer of several nets. */
export const mostParts = 4_000_000

const isBranch = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)

/** The limit that a value from outside exceeds, if any; without recursion, and no further than the limits. */
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
