/** Fuses a batch norm or an activation into the unit before it. */
import type { Layer, Leaf } from '../../net/tree.js'

/** The unit with the leaf in it; null where the two are not one unit. */
export const fuseInto = (before: Layer, leaf: Leaf): Layer | null => {
  const isUnit = before._tag === 'conv' || before._tag === 'depthwise' || before._tag === 'dense'
  if (leaf._tag === 'activate' && (isUnit || before._tag === 'residual') && before.activation === null)
    return { ...before, activation: leaf.activation }
  if (leaf._tag === 'norm' && isUnit && before.norm === null && !before.bias && before.activation === null)
    return { ...before, norm: { momentum: leaf.momentum, epsilon: leaf.epsilon } }
  return null
}
