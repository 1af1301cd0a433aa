/** A small net to grow at every place, and its growths. */
import type { Model } from '../../../src/net/weights.js'
import { inception, net, residual, stack } from '../../../src/net/words/combinators.js'
import { convBnAct, dense, globalAvgPool, image, maxPool } from '../../../src/net/words/leaves.js'
import { type Grown, grow } from '../../../src/surgery/grow/grow.js'
import type { Growth } from '../../../src/surgery/grow/options.js'
import { modelOf } from './arbitrary.js'
import { right } from './surgery.js'

const seedling = net(
  'seedling',
  image(8, 8, 2),
  stack('stem', convBnAct(4, 3), maxPool(2)),
  inception('a', { point: 3, three: [2, 3] }),
  residual('r', stack('', convBnAct(3), convBnAct(6, 3, { activation: null })), { activation: 'relu' }),
  globalAvgPool,
  dense(3),
)

/** The seedling without its sum, which would fix the width of `a`. */
export const withoutSum = modelOf(4)({
  ...seedling,
  body: {
    ...seedling.body,
    layers: seedling.body.layers.map(layer => (layer.name === 'r' ? { ...convBnAct(5), name: 'r' } : layer)),
  },
})

export const model = modelOf(4)(seedling)

export const growing = (options: Growth, given: Model = model): Grown =>
  right(grow({ ...options, seed: 1 })(given))
