/** The weight store: plain arrays by path and name, and their initial values. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Tensor } from '../io/tensor.js'
import type { NetError, WeightError } from './error.js'
import { type Inferred, infer } from './infer.js'
import { normals } from './random.js'
import { isSameShape, type Shape, sizeOf } from './shape.js'
import type { Layer, Net } from './tree.js'
import { allWeightSpecs, neutralValues, type WeightSpec } from './weight-specs.js'

export type { Tensor } from '../io/tensor.js'

/** By key: the layer's path, `/`, the weight's name, as in `stem/conv/kernel`. */
export type Weights = Readonly<Record<string, Tensor>>

/** A net and the weights it runs with: immutable, plain data. */
export interface Model {
  readonly net: Net
  readonly weights: Weights
}

/** A tensor of one value throughout. */
export const full = (shape: Shape, value: number): Tensor => ({
  shape,
  data: new Float32Array(sizeOf(shape)).fill(value),
})

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

/** The initial values of one weight of a layer. */
export const initialTensor = (seed: number, spec: WeightSpec, layer: Layer | undefined): Tensor => {
  const { slot: name, key, shape } = spec
  if (name === 'kernel') return { shape, data: normals(seed, key, sizeOf(shape), deviationOf(spec, layer)) }
  return full(shape, layer?._tag === 'scale' ? layer.init : neutralValues[name])
}

/**
 * The initial weights of a placed net. Each kernel has a stream of its own, named by its path: adding a layer
 * changes no other's weights.
 *
 * Source  He et al. 2015; Glorot and Bengio 2010
 */
export const initialWeights = (inferred: Inferred, seed: number): Weights =>
  Object.fromEntries(
    allWeightSpecs(inferred).map(spec => [spec.key, initialTensor(seed, spec, inferred.get(spec.at)?.layer)]),
  )

/**
 * A net with its initial weights.
 *
 * Errors  those of `infer`
 * Law     the same net and seed give the same weights, bit for bit
 */
export const init =
  (seed: number) =>
  (net: Net): E.Either<NetError, Model> =>
    pipe(
      infer(net),
      E.map(inferred => ({ net, weights: initialWeights(inferred, seed) })),
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
export const checkWeights = ({ weights }: Model, inferred: Inferred): E.Either<WeightError, void> => {
  const wrong = weightError(weights, new Map(allWeightSpecs(inferred).map(({ key, shape }) => [key, shape])))
  return wrong === null ? E.right(undefined) : E.left(wrong)
}
