/** The units of a body that begin with zeros, so that the body gives zeros and can still learn. */
import { elementAt } from '../../io/element.js'
import { type Activation, type ByActivation, selectActivation } from '../../net/activation.js'
import { fold } from '../../net/interpret.js'
import type { Path } from '../../net/path.js'
import type { Layer, Leaf, Stack } from '../../net/tree.js'

/** Whether f(0) = 0 with a slope there: units before it that give zeros can learn. */
const isSteepAtZero: ByActivation<boolean> = {
  relu: false,
  relu6: false,
  sigmoid: false,
  tanh: true,
  swish: true,
  hardSigmoid: false,
  hardSwish: true,
  elu: true,
  gelu: true,
  geluTanh: true,
  leakyRelu: slope => slope > 0,
}

const passesGradientAtZero = (activation: Activation | null): boolean =>
  activation === null || selectActivation(isSteepAtZero)(activation)

const isAboveZero = (activation: Activation | null): boolean =>
  activation === 'sigmoid' || activation === 'hardSigmoid'

/** Whether every output is above 0; of a concat and a gate it is not known. */
const isPositive = fold<boolean>({
  leaf: leaf => 'activation' in leaf && isAboveZero(leaf.activation),
  stack: layers => layers.at(-1) ?? false,
  concat: () => false,
  residual: (_body, _shortcut, { activation }) => isAboveZero(activation),
  gate: () => false,
})

/** Layers that give zeros for zeros, and pass a gradient to what gave them; a gate does where its factors are above 0. */
const keepsZeros = (layer: Layer): boolean =>
  layer._tag === 'activate' ||
  zeroKeepers.includes(layer._tag) ||
  (layer._tag === 'gate' && isPositive(layer.body, ''))

const zeroKeepers: readonly Layer['_tag'][] = [
  ...(['dropout', 'dropPath', 'maxPool', 'avgPool', 'globalAvgPool', 'globalMaxPool', 'flatten'] as const),
  ...(['channelShuffle', 'channelSlice'] as const),
]

/** The units that must begin with zeros; null where a layer cannot give zeros and still learn. */
type Silent = readonly Path[] | null

const silentLeaf = (leaf: Leaf, path: Path): Silent => {
  switch (leaf._tag) {
    case 'conv':
    case 'depthwise':
    case 'dense':
      return passesGradientAtZero(leaf.activation) ? [path] : null
    case 'norm':
    case 'layerNorm':
    case 'scale':
      return [path]
    default:
      return null
  }
}

/** Those of the last layer that does not keep zeros, where what follows lets it learn. */
const silentStack = (units: readonly Silent[], { layers }: Stack): Silent => {
  const nth = layers.findLastIndex(each => !keepsZeros(each))
  const rest = layers.slice(nth + 1)
  const canLearn = rest.every(each => each._tag !== 'activate' || passesGradientAtZero(each.activation))
  return nth >= 0 && canLearn ? elementAt(units, nth) : null
}

/** The units of a layer that must begin with zeros. */
export const silentUnits = fold<Silent>({
  leaf: silentLeaf,
  stack: silentStack,
  concat: branches => (branches.every(each => each !== null) ? branches.flat() : null),
  residual: () => null,
  gate: () => null,
})
