/** The padding of pools in Keras: the map's own, `'same'`, or zeros before an average that counts them or a maximum that they cannot be. */
import type { Shape } from '../../../net/shape.js'
import type { Pool } from '../../../net/tree.js'
import { isPadded, type Slide, slidesOf } from '../../../net/window.js'

/** How a pool of Keras pads. */
export type PoolPadding = 'same' | 'valid' | 'zeros'

const ends = ({ before, after }: Slide): readonly number[] => [before, after]

/** The zeros of a pool, top, bottom, left and right, over a map [h, w, …]. */
export const poolEnds = (pool: Pool, map: Shape): readonly number[] =>
  slidesOf(map, { ...pool, dilation: 1 }).flatMap(ends)

/** Over a map [h, w, …], none of whose values is negative where `nonNegative`; null where Keras has no such pool. */
export const poolPadding = (pool: Pool, map: Shape, nonNegative: boolean): PoolPadding | null => {
  const own = poolEnds(pool, map)
  if (!isPadded(slidesOf(map, { ...pool, dilation: 1 }))) return 'valid'
  if (pool._tag === 'avgPool' && pool.countPadding) return 'zeros'
  const same = poolEnds({ ...pool, padding: 'same' }, map)
  if (own.every((end, nth) => end === same[nth])) return 'same'
  return pool._tag === 'maxPool' && nonNegative ? 'zeros' : null
}
