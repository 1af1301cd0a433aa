/** Puts back batch norms that an exporter folded into the convolutions before them, as ones that change nothing. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { NetError } from '../../net/error.js'
import { infer } from '../../net/infer.js'
import { editLayers, layersOf } from '../../net/layers.js'
import type { Path } from '../../net/path.js'
import type { Conv, Depthwise, Layer, Net } from '../../net/tree.js'
import { hasNorm, weightKey } from '../../net/weight-specs.js'
import { full, type Model, type Tensor, type Weights } from '../../net/weights.js'
import { defaultNorm } from '../../net/words/leaves.js'

/** Convolutions with a bias, as folding leaves them. */
const mayHaveNorm = (layer: Layer): layer is Conv | Depthwise =>
  (layer._tag === 'conv' || layer._tag === 'depthwise') && layer.bias && layer.norm === null

/** How many convolutions have a bias, in a net without any batch norm; 0 in one with. */
export const countFoldedNorms = (net: Net): number => {
  const layers = [...layersOf(net).values()]
  return layers.some(hasNorm) ? 0 : layers.filter(mayHaveNorm).length
}

/** The bias as the shift of a batch norm of mean 0 and variance 1. */
const normWeights = (path: Path, bias: Tensor): Weights => ({
  [weightKey(path, 'scale')]: full(bias.shape, Math.sqrt(1 + defaultNorm.epsilon)),
  [weightKey(path, 'shift')]: bias,
  [weightKey(path, 'mean')]: full(bias.shape, 0),
  [weightKey(path, 'variance')]: full(bias.shape, 1),
})

/**
 * The model with a batch norm in each convolution that has a bias, which becomes the norm's shift.
 *
 * Law  the outputs stay, within float32 rounding
 */
export const insertBatchNorms = ({ net, weights }: Model): E.Either<NetError, Model> => {
  const biases = new Map(
    [...layersOf(net)].flatMap(([path, layer]) => {
      const bias = weights[weightKey(path, 'bias')]
      return mayHaveNorm(layer) && bias !== undefined ? [[path, bias] as const] : []
    }),
  )
  const normed = editLayers((layer, path) =>
    mayHaveNorm(layer) && biases.has(path) ? { ...layer, bias: false, norm: defaultNorm } : layer,
  )(net)
  const removed = new Set([...biases.keys()].map(path => weightKey(path, 'bias')))
  const kept = Object.entries(weights).filter(([key]) => !removed.has(key))
  const added = [...biases].map(([path, bias]) => normWeights(path, bias))
  return pipe(
    infer(normed),
    E.map(checked => ({ ...checked, weights: Object.assign(Object.fromEntries(kept), ...added) })),
  )
}
