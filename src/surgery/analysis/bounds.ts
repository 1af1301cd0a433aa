/** Bounds of each layer's input, whatever the image and the weights. */

import { type Activation, activationName, type ByActivation, selectActivation } from '../../net/activation.js'
import type { CheckedNet } from '../../net/infer.js'
import { interpret } from '../../net/interpret.js'
import type { Path } from '../../net/path.js'
import type { Leaf } from '../../net/tree.js'

export interface Bounds {
  readonly low: number
  readonly high: number
}

const unknown: Bounds = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY }

const above = (low: number): Bounds => ({ low, high: Number.POSITIVE_INFINITY })

const ranges: ByActivation<Bounds> = {
  relu: above(0),
  relu6: { low: 0, high: 6 },
  sigmoid: { low: 0, high: 1 },
  tanh: { low: -1, high: 1 },
  swish: above(-0.2785),
  hardSigmoid: { low: 0, high: 1 },
  hardSwish: above(-0.375),
  elu: above(-1),
  gelu: above(-0.17),
  geluTanh: above(-0.1701),
  leakyRelu: () => unknown,
}

const activate = (activation: Activation | null, x: Bounds): Bounds =>
  activation === null ? x : isIdentityWithin(activation, x) ? x : selectActivation(ranges)(activation)

/** Whether an activation leaves all values above zero as they are. */
const isRectifier = (activation: Activation): boolean =>
  ['relu', 'elu', 'leakyRelu'].includes(activationName(activation))

/** Whether an activation leaves all values between the bounds as they are. */
export const isIdentityWithin = (activation: Activation | null, { low, high }: Bounds): boolean =>
  activation === null ||
  (low >= 0 && isRectifier(activation)) ||
  (activation === 'relu6' && low >= 0 && high <= 6)

/** The bounds of means that may count zeros. */
const withZero = ({ low, high }: Bounds): Bounds => ({ low: Math.min(low, 0), high: Math.max(high, 0) })

const leafBounds = (leaf: Leaf, x: Bounds): Bounds => {
  switch (leaf._tag) {
    case 'conv':
    case 'depthwise':
    case 'dense':
      return activate(leaf.activation, unknown)
    case 'norm':
    case 'layerNorm':
    case 'scale':
    case 'own':
      return unknown
    case 'avgPool':
      return leaf.countPadding ? withZero(x) : x
    case 'activate':
      return activate(leaf.activation, x)
    default:
      return x
  }
}

/** The bounds of products; of 0 and infinity, 0. */
const multiply = (body: Bounds, _layer: unknown, _path: Path, x: Bounds): Bounds => {
  const corners = [body.low, body.high].flatMap(a =>
    [x.low, x.high].map(b => (a === 0 || b === 0 ? 0 : a * b)),
  )
  return { low: Math.min(...corners), high: Math.max(...corners) }
}

/** The bounds of the input of each layer, by path. */
export const boundsInto = ({ net }: CheckedNet): ReadonlyMap<Path, Bounds> => {
  const into = new Map<Path, Bounds>()
  interpret<Bounds>({
    leaf: (leaf, _, x) => leafBounds(leaf, x),
    concat: all => ({
      low: Math.min(...all.map(({ low }) => low)),
      high: Math.max(...all.map(({ high }) => high)),
    }),
    residual: (body, shortcut, { activation }) =>
      activate(activation, { low: body.low + shortcut.low, high: body.high + shortcut.high }),
    gate: multiply,
    place: (output, _, path, x) => {
      into.set(path, x)
      return output
    },
  })(net.body, '', unknown)
  return into
}
