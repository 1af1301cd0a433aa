/**
 * A layer of one's own: global response normalization (Woo et al. 2023, ConvNeXt v2), by which channels compete. It is
 * trained and pruned: what it mixes stays, what lies behind it is cut.
 *
 * npm run compile-and-train -- examples/grn.ts
 */

import { op } from '../src/graph/index.js'
import { convBnAct, dense, experiment, globalAvgPool, glyphs, image, layer, net, prune, train } from '../src/index.js'

/** x + γ · x · n + β, n the norm of a channel over the image in proportion to the mean of all norms. */
export const grn = layer('grn', ({ epsilon = 1e-6 }: { readonly epsilon?: number }) => ({
  channels: 'mixed',
  weights: { scale: 0, shift: 0 },
  lower: (x, { scale, shift }) => {
    const norms = op.sqrt(op.add(op.sum(op.square(x), [1, 2], true), epsilon ** 2))
    const shares = op.div(norms, op.add(op.mean(norms, [3], true), epsilon))
    return op.add(op.add(op.mul(op.mul(x, shares), scale), shift), x)
  },
}))

const small = net('small', image(28, 28, 1),
  convBnAct(16, 3, { stride: 2 }), convBnAct(24, 3, { stride: 2 }), grn(), convBnAct(32), globalAvgPool, dense(10))

export default experiment(small, glyphs({ train: 2000, test: 500 }),
  train({ epochs: 2, batchSize: 50 }),
  prune({ by: 'l1', keep: { params: 0.6 } }),
  train({ epochs: 1, batchSize: 50, learningRate: 0.01 }))
