/** A global response normalization, as a layer of a user's own. */
import { grn } from '../../../examples/grn.js'
import { differentiate } from '../../../src/graph/differentiate.js'
import { lower } from '../../../src/graph/lower.js'
import { activate } from '../../../src/graph/lower-activation.js'
import * as op from '../../../src/graph/operations.js'
import { layer } from '../../../src/graph/own-layer.js'
import type { Layer } from '../../../src/net/tree.js'
import type { Model } from '../../../src/net/weights.js'
import { net } from '../../../src/net/words/combinators.js'
import { conv, convBnAct, dense, globalAvgPool, image } from '../../../src/net/words/leaves.js'
import { fedWith, modelOf } from '../../support/nets/arbitrary.js'

/** Built-in layers built again. */
export const scaleAgain = layer('scaleAgain', ({ init = 1 }: { readonly init?: number }) => ({
  channels: 'same',
  weights: { scale: init },
  lower: (x, { scale }) => op.mul(x, scale),
}))

export const activateAgain = layer(
  'activateAgain',
  ({ kind }: { readonly kind: 'swish' | 'gelu' | 'relu' }) => ({
    channels: 'same',
    lower: x => activate(kind, x),
  }),
)

export const normAgain = layer('normAgain', ({ epsilon }: { readonly epsilon: number }) => ({
  channels: 'mixed',
  weights: { scale: 1, shift: 0 },
  lower: (x, { scale, shift }) => {
    const last = [x.shape.length - 1]
    const centred = op.sub(x, op.mean(x, last, true))
    const deviation = op.sqrt(op.add(op.mean(op.square(centred), last, true), epsilon))
    return op.add(op.mul(op.div(centred, deviation), scale), shift)
  },
}))

export const poolAgain = layer('poolAgain', () => ({ channels: 'same', lower: x => op.mean(x, [1, 2]) }))

export const again = (each: Layer): Layer => {
  const { name } = each
  switch (each._tag) {
    case 'scale':
      return scaleAgain({ name, init: each.init })
    case 'layerNorm':
      return normAgain({ name, epsilon: each.epsilon })
    case 'globalAvgPool':
      return poolAgain({ name })
    case 'activate':
      return each.activation === 'swish' || each.activation === 'gelu' || each.activation === 'relu'
        ? activateAgain({ name, kind: each.activation })
        : each
    default:
      return each
  }
}

/** The values and gradients of one step, in float64. */
export const stepOf = (model: Model) => {
  const { logits, weights, noise } = lower({ batch: 3, mode: 'training' })(model)
  const loss = op.sum(op.mul(logits, op.input('weighing', logits.shape)))
  const slopes = differentiate()(loss, [...weights.values()])
  const outputs = { logits, ...Object.fromEntries(slopes.map((slope, nth) => [`${nth}`, slope])) }
  const inputs = [['images', [3, ...model.net.input]] as const, ['weighing', logits.shape] as const]
  const drawn = noise.map(({ op: each, shape }) => [each.kind === 'input' ? each.name : '', shape] as const)
  const feeds = Object.fromEntries(
    [...inputs, ...drawn].map(([name, shape]) => [name, fedWith(3, name, shape)]),
  )
  return { graph: { outputs, updates: [] }, feeds }
}

export const grnNet = net(
  'grn',
  image(6, 5, 2),
  convBnAct(4),
  grn({ epsilon: 0.01 }),
  conv(5),
  grn(),
  globalAvgPool,
  dense(3),
)

export const model = modelOf(4)(grnNet)
