/** The peak of a machine, as an engine reaches it: a product of large matrices. */
import * as E from 'fp-ts/lib/Either.js'
import type { Engine } from '../../engine/engine.js'
import * as op from '../../graph/operations.js'

/** Rows and columns: large enough that what is around the product does not count. */
const side = 512

/** Multiply–accumulates a second of a product of large matrices on an engine; NaN where it cannot be opened. */
export const measurePeak = async (engine: Engine): Promise<number> => {
  const [a, b] = [op.input('a', [side, side]), op.input('b', [side, side])]
  const product = { outputs: { sum: op.sum(op.matmul(a, b), [0, 1]) }, updates: [] }
  const opened = await engine.open({ product })()
  if (E.isLeft(opened)) return Number.NaN
  const feeds = { a: new Float32Array(side ** 2).fill(0.5), b: new Float32Array(side ** 2).fill(0.5) }
  const times = Array.from({ length: 8 }, () => {
    const began = performance.now()
    opened.right.run('product', feeds)
    return performance.now() - began
  })
  opened.right.close()
  return (1000 * side ** 3) / Math.min(...times)
}
