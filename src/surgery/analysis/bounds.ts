/** Bounds of each layer's input, whatever the image and the weights. */
import { interpret } from '../../net/interpret.js'
import type { Path } from '../../net/path.js'
import type { Activation, Leaf, Net } from '../../net/tree.js'

export interface Bounds {
  readonly low: number
  readonly high: number
}

const unknown: Bounds = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY }

const ranges: { readonly [A in Activation]: Bounds } = {
  relu: { low: 0, high: Number.POSITIVE_INFINITY },
  relu6: { low: 0, high: 6 },
  sigmoid: { low: 0, high: 1 },
  tanh: { low: -1, high: 1 },
  swish: { low: -0.2785, high: Number.POSITIVE_INFINITY },
}

const activate = (activation: Activation | null, x: Bounds): Bounds =>
  activation === null ? x : isIdentityWithin(activation, x) ? x : ranges[activation]

/** Whether an activation leaves all values between the bounds as they are. */
export const isIdentityWithin = (activation: Activation | null, { low, high }: Bounds): boolean =>
  activation === null ||
  (activation === 'relu' && low >= 0) ||
  (activation === 'relu6' && low >= 0 && high <= 6)

const leafBounds = (leaf: Leaf, x: Bounds): Bounds => {
  switch (leaf._tag) {
    case 'conv':
    case 'depthwise':
    case 'dense':
      return activate(leaf.activation, unknown)
    case 'norm':
      return unknown
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
export const boundsInto = (net: Net): ReadonlyMap<Path, Bounds> => {
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
