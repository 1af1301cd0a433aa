import { differentiate } from '../../src/graph/differentiate.js'
import type { Graph } from '../../src/graph/graph.js'
import { crossEntropy } from '../../src/graph/loss.js'
import { lower } from '../../src/graph/lower.js'
import * as op from '../../src/graph/operations.js'
import { sgd, updatesOf } from '../../src/graph/optimizer.js'
import type { Net } from '../../src/net/tree.js'
import { inception, net, residual } from '../../src/net/words/combinators.js'
import {
  avgPool,
  convBnAct,
  dense,
  depthwiseBnAct,
  globalAvgPool,
  image,
  maxPool,
} from '../../src/net/words/leaves.js'
import { placed } from '../support/nets/surgery.js'

/** A training step of a net, by momentum. */
export const stepOf = (net: Net, batch: number): { readonly step: Graph } => {
  const { logits, weights, statistics } = lower({ batch, mode: 'training' })(placed(net))
  const loss = crossEntropy(logits, op.softmax(op.input('targets', logits.shape)))
  const moved = [...weights].filter(([key]) => !/\/(mean|variance)$/.test(key))
  const gradients = differentiate()(
    loss,
    moved.map(([, weight]) => weight),
  )
  const slopes = moved.map(([key, weight], n) => ({ key, weight, gradient: gradients[n] ?? weight }))
  const updates = updatesOf(sgd(), op.constant(0.05))(slopes)
  return {
    step: {
      outputs: { loss },
      updates: [...updates, ...statistics.map(({ key, seen, keep }) => op.average(key, seen, keep))],
    },
  }
}

/** Large enough that threads share it. */
export const module = { point: 5, three: [7, 9], five: [4, 8], pool: 6 } as const

export const wide = net(
  'wide',
  image(20, 18, 3),
  convBnAct(11, 3, { name: 'stem' }),
  depthwiseBnAct(3),
  inception('a', module),
  maxPool(2),
  residual('r', convBnAct(28, 3, { activation: null }), { activation: 'relu' }),
  avgPool(3, { stride: 1 }),
  inception('b', module),
  globalAvgPool,
  dense(4),
)

export const batch = 6

export const program = stepOf(wide, batch)
