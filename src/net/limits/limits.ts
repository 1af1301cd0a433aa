/** Limits of values from outside, so that no pass over them overflows the stack or the memory. */

/**
 * Layers inside layers. Every pass over a net recurses once a level; the codec, the hungriest, overflows a default
 * stack at some 1,300 of them, and a caller may have used a part of it. Published nets have five to ten.
 */
export const maxDepth = 100

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

/** Of a seed, random streams take 32 bits: a larger one would give the numbers of another. */
export const largestSeed = 2 ** 32 - 1
