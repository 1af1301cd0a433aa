/** The weight store: plain arrays by path and name, and their initial values. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Tensor } from '../io/tensor.js'
import type { NetError, WeightError } from './error.js'
import { type CheckedNet, infer } from './infer.js'
import { checkSeed, normals } from './random.js'
import { isSameShape, type Shape, sizeOf } from './shape.js'
import type { Layer, Net } from './tree.js'
import { allWeightSpecs, neutralValues, type WeightName, type WeightSpec } from './weight-specs.js'

export type { Tensor } from '../io/tensor.js'

/** By key: the layer's path, `/`, the weight's name, as in `stem/conv/kernel`. */
export type Weights = Readonly<Record<string, Tensor>>

/**
 * A net that fits, the shapes of its layers, and the weights it runs with: immutable, plain data. One with other weights is
 * `{ ...model, weights }`; another net takes weights by `withWeights`, which checks both.
 */
export interface Model extends CheckedNet {
  readonly weights: Weights
}

/** A tensor of one value throughout. */
export const full = (shape: Shape, value: number): Tensor => ({
  shape,
  data: new Float32Array(sizeOf(shape)).fill(value),
})

/** The same tensors under prefixed keys; no layer's name has a colon, with which a prefix ends that no key has. */
export const prefixKeys =
  (prefix: string) =>
  (weights: Weights): Weights =>
    Object.fromEntries(Object.entries(weights).map(([key, tensor]) => [`${prefix}${key}`, tensor]))

const endsInRelu = (layer: Layer | undefined): boolean =>
  layer !== undefined &&
  'activation' in layer &&
  (layer.activation === 'relu' || layer.activation === 'relu6')

/** He where a ReLU (or a batch norm that may be followed by one) comes next, else Glorot, both normal. */
const deviationOf = ({ shape, fanIn }: WeightSpec, layer: Layer | undefined): number => {
  const fanOut = (fanIn * (shape.at(-1) ?? 1)) / (shape.at(-2) ?? 1)
  const he = endsInRelu(layer) || (layer !== undefined && 'norm' in layer && layer.norm !== null)
  return Math.sqrt(he ? 2 / fanIn : 2 / (fanIn + fanOut))
}

/** The initial value of every weight but a kernel. */
export const initialValue = (name: Exclude<WeightName, 'kernel'>, layer: Layer | undefined): number => {
  if (layer?._tag === 'scale') return layer.init
  const own =
    layer?._tag === 'own' && name !== 'mean' && name !== 'variance' ? layer.weights[name] : undefined
  return own ?? neutralValues[name]
}

/** The initial values of one weight of a layer. */
export const initialTensor = (seed: number, spec: WeightSpec, layer: Layer | undefined): Tensor => {
  const { slot: name, key, shape } = spec
  if (name === 'kernel') return { shape, data: normals(seed, key, sizeOf(shape), deviationOf(spec, layer)) }
  return full(shape, initialValue(name, layer))
}

/**
 * The initial weights of a net. Each kernel has a stream of its own, named by its path: adding a layer
 * changes no other's weights.
 *
 * Source  He et al. 2015; Glorot and Bengio 2010
 */
export const initialWeights = (net: CheckedNet, seed: number): Weights =>
  Object.fromEntries(
    allWeightSpecs(net).map(spec => [spec.key, initialTensor(seed, spec, net.layers.get(spec.at)?.layer)]),
  )

/**
 * A net with its initial weights.
 *
 * Errors  those of `infer`; DecodeError unless the seed is a whole number from 0 to 2³² − 1
 * Law     the same net and seed give the same weights, bit for bit
 */
export const init =
  (seed: number) =>
  (net: Net): E.Either<NetError, Model> =>
    pipe(
      checkSeed(seed),
      E.flatMap(() => infer(net)),
      E.map(checked => ({ ...checked, weights: initialWeights(checked, seed) })),
    )

const weightError = (store: Weights, expected: ReadonlyMap<string, Shape>): WeightError | null => {
  const key = [...expected.keys(), ...Object.keys(store)].find(
    each => !isSameShape(store[each]?.shape ?? [], expected.get(each) ?? []),
  )
  return key === undefined
    ? null
    : { _tag: 'WrongWeight', key, expected: expected.get(key) ?? null, got: store[key]?.shape ?? null }
}

/** Whether the store holds what the net needs, and nothing else. */
export const checkWeights = (model: Model): E.Either<WeightError, void> => {
  const specs = allWeightSpecs(model).map(({ key, shape }) => [key, shape] as const)
  const wrong = weightError(model.weights, new Map(specs))
  return wrong === null ? E.right(undefined) : E.left(wrong)
}

/**
 * A net with weights from elsewhere, such as a file.
 *
 * Errors  those of `infer`; WrongWeight where a weight is missing, has another shape, or is not the net's
 */
export const withWeights =
  (weights: Weights) =>
  (net: Net): E.Either<NetError | WeightError, Model> =>
    pipe(
      infer(net),
      E.map((checked): Model => ({ ...checked, weights })),
      E.tap(checkWeights),
    )
