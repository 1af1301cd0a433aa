/** Between which values each layer's input lies, whatever the image and the weights. */
import type { Activation, Layer, Net } from '../net/layer.js'
import { type Path, under } from '../net/path.js'

export interface Bounds {
  readonly low: number
  readonly high: number
}

const any: Bounds = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY }

const ranges: { readonly [A in Activation]: Bounds } = {
  relu: { low: 0, high: Number.POSITIVE_INFINITY },
  relu6: { low: 0, high: 6 },
  sigmoid: { low: 0, high: 1 },
  tanh: { low: -1, high: 1 },
  swish: { low: -0.2785, high: Number.POSITIVE_INFINITY },
}

const after = (activation: Activation | null, x: Bounds): Bounds =>
  activation === null ? x : transparent(activation, x) ? x : ranges[activation]

/** Whether an activation leaves all values between the bounds as they are. */
export const transparent = (activation: Activation | null, { low, high }: Bounds): boolean =>
  activation === null ||
  (activation === 'relu' && low >= 0) ||
  (activation === 'relu6' && low >= 0 && high <= 6)

/** The bounds of the input of each layer, by path. */
export const boundsInto = (net: Net): ReadonlyMap<Path, Bounds> => {
  const into = new Map<Path, Bounds>()
  const visit = (layer: Layer, path: Path, x: Bounds): Bounds => {
    into.set(path, x)
    const child = (each: Layer, value: Bounds) => visit(each, under(path, each.name), value)
    switch (layer._tag) {
      case 'conv':
      case 'depthwise':
      case 'dense':
        return after(layer.activation, any)
      case 'norm':
        return any
      case 'activate':
        return after(layer.activation, x)
      case 'stack':
        return layer.layers.reduce((value, each) => child(each, value), x)
      case 'concat': {
        const all = layer.branches.map(branch => child(branch, x))
        return { low: Math.min(...all.map(({ low }) => low)), high: Math.max(...all.map(({ high }) => high)) }
      }
      case 'residual': {
        const [body, shortcut] = [child(layer.body, x), child(layer.shortcut, x)]
        return after(layer.activation, { low: body.low + shortcut.low, high: body.high + shortcut.high })
      }
      default:
        return x
    }
  }
  visit(net.body, '', any)
  return into
}
