/** From a net to primitive operations: what each layer computes, and which values stand for which weights. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { NetError } from '../net/error.js'
import { type Inferred, infer } from '../net/infer.js'
import type {
  Activation,
  Conv,
  Dense,
  Depthwise,
  Layer,
  Leaf,
  Net,
  Normalisation,
  Pool,
} from '../net/layer.js'
import { type Path, under } from '../net/path.js'
import { sizeOf } from '../net/shape.js'
import { allSlots, keyOf, type SlotName } from '../net/slots.js'
import * as op from './ops.js'
import type { PoolWindow, Value, Window } from './value.js'

/**
 * `training` normalises by the batch's own statistics and drops values out;
 * `inference` uses the running statistics and drops nothing.
 */
export type Mode = 'training' | 'inference'

/** What a net is lowered for. */
export interface LowerOptions {
  readonly batch: number
  readonly mode: Mode
  /** Stands before the names of the weights, where two nets share a graph. */
  readonly prefix?: string
  /** Another net's images; by default an input of their own, named `images`. */
  readonly images?: Value
}

/** What batch norm saw in a batch, for the running statistic stored under `key`. */
export interface Statistic {
  readonly key: string
  readonly seen: Value
  /** The share of the old statistic that stays. */
  readonly keep: number
}

/** A net as primitive operations. */
export interface Lowered {
  readonly images: Value
  readonly logits: Value
  /** Each layer's output by path. */
  readonly at: ReadonlyMap<Path, Value>
  /** Each layer's input by path. */
  readonly into: ReadonlyMap<Path, Value>
  /** By key, the running statistics among them. */
  readonly weights: ReadonlyMap<string, Value>
  readonly statistics: readonly Statistic[]
  /** Inputs to feed with numbers uniform in [0, 1): one for each value a dropout layer may drop. */
  readonly noise: readonly Value[]
}

const activations: { readonly [A in Activation]: (x: Value) => Value } = {
  relu: op.relu,
  relu6: op.relu6,
  sigmoid: op.sigmoid,
  tanh: op.tanh,
  swish: x => op.mul(x, op.sigmoid(x)),
}

const activated = (activation: Activation | null, x: Value): Value =>
  activation === null ? x : activations[activation](x)

const windowOf = ({ stride, dilation, padding }: Conv | Depthwise): Window => ({ stride, dilation, padding })
const poolOf = ({ size, stride, padding }: Pool): PoolWindow => ({ size, stride, padding, dilation: 1 })

/** Divides by the share kept, so that the mean stays. */
const dropped = (x: Value, noise: Value, rate: number): Value =>
  op.mul(x, op.mul(op.sub(1, op.greater(rate, noise)), 1 / (1 - rate)))

const lowered = (net: Net, inferred: Inferred, options: LowerOptions): Lowered => {
  const { batch, mode, prefix = '', images = op.input('images', [batch, ...net.input]) } = options
  const weights = new Map(
    allSlots(inferred).map(({ key, shape }) => [key, op.weight(`${prefix}${key}`, shape)]),
  )
  const at = new Map<Path, Value>()
  const into = new Map<Path, Value>()
  const statistics: Statistic[] = []
  const noise: Value[] = []

  const weight = (path: Path, slot: SlotName): Value => weights.get(keyOf(path, slot)) as Value // inferred has every slot

  const normalised = (x: Value, path: Path, { momentum, epsilon }: Normalisation): Value => {
    const [scale, shift] = [weight(path, 'scale'), weight(path, 'shift')]
    if (mode === 'inference')
      return op.normalise(x, scale, shift, weight(path, 'mean'), weight(path, 'variance'), epsilon)
    const y = op.batchNorm(x, scale, shift, epsilon)
    statistics.push(
      { key: keyOf(path, 'mean'), seen: op.part(1, y, scale.shape), keep: momentum },
      { key: keyOf(path, 'variance'), seen: op.part(2, y, scale.shape), keep: momentum },
    )
    return y
  }

  const unit = (product: Value, path: Path, { bias, norm, activation }: Conv | Depthwise | Dense): Value => {
    const shifted = bias ? op.add(product, weight(path, 'bias')) : product
    return activated(activation, norm === null ? shifted : normalised(shifted, path, norm))
  }

  const leaf = (layer: Leaf, path: Path, x: Value): Value => {
    switch (layer._tag) {
      case 'conv':
        return unit(op.conv(x, weight(path, 'kernel'), windowOf(layer)), path, layer)
      case 'depthwise':
        return unit(op.depthwise(x, weight(path, 'kernel'), windowOf(layer)), path, layer)
      case 'dense':
        return unit(op.matmul(x, weight(path, 'kernel')), path, layer)
      case 'maxPool':
        return op.maxPool(x, poolOf(layer))
      case 'avgPool':
        return op.avgPool(x, poolOf(layer))
      case 'globalAvgPool':
        return op.mean(x, [1, 2])
      case 'flatten':
        return op.reshape(x, [batch, sizeOf(x.shape.slice(1))])
      case 'norm':
        return normalised(x, path, layer)
      case 'activate':
        return activations[layer.activation](x)
      case 'dropout': {
        if (mode === 'inference' || layer.rate === 0) return x
        const uniform = op.input(`noise/${path}`, x.shape)
        noise.push(uniform)
        return dropped(x, uniform, layer.rate)
      }
    }
  }

  const visit = (layer: Layer, path: Path, x: Value): Value => {
    const y = within(layer, path, x)
    into.set(path, x)
    at.set(path, y)
    return y
  }

  const within = (layer: Layer, path: Path, x: Value): Value => {
    const child = (each: Layer, input: Value) => visit(each, under(path, each.name), input)
    switch (layer._tag) {
      case 'stack':
        return layer.layers.reduce((input, each) => child(each, input), x)
      case 'concat':
        return op.concat(layer.branches.map(branch => child(branch, x)))
      case 'residual':
        return activated(layer.activation, op.add(child(layer.body, x), child(layer.shortcut, x)))
      default:
        return leaf(layer, path, x)
    }
  }

  const logits = visit(net.body, '', images)
  return { images, logits, at, into, weights, statistics, noise }
}

/**
 * Lowers a net for batches of one size.
 *
 * Shapes  images [batch, height, width, channels] → logits [batch, classes]
 * Errors  those of `infer`
 * Law     the shape of every value is the inferred one, with the batch before it
 *
 * @example
 * pipe(model.net, lower({ batch: 64, mode: 'training' }))
 */
export const lower =
  (options: LowerOptions) =>
  (net: Net): E.Either<NetError, Lowered> =>
    pipe(
      infer(net),
      E.map(inferred => lowered(net, inferred, options)),
    )
