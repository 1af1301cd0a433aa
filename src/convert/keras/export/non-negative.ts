/** Where values are never below zero: zeros around such a map leave every maximum as it is. */
import { type Activation, type ByActivation, selectActivation } from '../../../net/activation.js'
import type { CheckedNet } from '../../../net/infer.js'
import { interpret } from '../../../net/interpret.js'
import type { Path } from '../../../net/path.js'
import type { Leaf } from '../../../net/tree.js'

const rectified: ByActivation<boolean> = {
  relu: true,
  relu6: true,
  sigmoid: true,
  hardSigmoid: true,
  tanh: false,
  swish: false,
  hardSwish: false,
  elu: false,
  gelu: false,
  geluTanh: false,
  leakyRelu: () => false,
}

const isRectified = (activation: Activation | null): boolean =>
  activation !== null && selectActivation(rectified)(activation)

const leafOutput = (leaf: Leaf, input: boolean): boolean => {
  if ('activation' in leaf) return isRectified(leaf.activation)
  return input && !['norm', 'layerNorm', 'scale', 'own'].includes(leaf._tag)
}

/** The layers that read values none of which is negative, whatever the image. */
export const nonNegativeInputs = ({ net }: CheckedNet): ReadonlySet<Path> => {
  const found = new Set<Path>()
  interpret<boolean>({
    leaf: (leaf, _, input) => leafOutput(leaf, input),
    concat: branches => branches.every(Boolean),
    residual: (body, shortcut, { activation }) =>
      isRectified(activation) || (activation === null && body && shortcut),
    gate: (body, _layer, _path, input) => body && input,
    place: (output, _layer, path, input) => {
      if (input) found.add(path)
      return output
    },
  })(net.body, '', false)
  return found
}
