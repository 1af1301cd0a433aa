/** Makes the normaliser of a model's images a part of the model, which then takes pixels. */

import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as O from 'fp-ts/lib/Option.js'
import type { Normaliser } from '../../data/spec.js'
import { elementAt, valueAt } from '../../io/element.js'
import type { NetError } from '../../net/error.js'
import { type CheckedNet, infer } from '../../net/infer.js'
import { interpret } from '../../net/interpret.js'
import { editLayers } from '../../net/layers.js'
import type { Path } from '../../net/path.js'
import type { Conv, Depthwise, Layer, Net } from '../../net/tree.js'
import { weightKey } from '../../net/weight-specs.js'
import type { Model, Tensor, Weights } from '../../net/weights.js'
import { isPadded, slidesOf } from '../../net/window.js'
import type { Input } from '../input.js'

/** A normaliser as y = scale · x + shift, channel by channel. */
export interface Affine {
  readonly scale: readonly number[]
  readonly shift: readonly number[]
}

/** The largest value of a pixel. */
export const maxPixel: { readonly [I in Exclude<Input, 'normalised'>]: number } = { raw: 255, unit: 1 }

export const affineOf = (input: Exclude<Input, 'normalised'>, { mean, deviation }: Normaliser): Affine => ({
  scale: deviation.map(each => 1 / (each * maxPixel[input])),
  shift: mean.map((each, c) => -each / elementAt(deviation, c)),
})

/** The normaliser of a model that takes pixels itself: scale 1 and shift 0 of that input. */
export const identityOf = (input: Exclude<Input, 'normalised'>, channels: number): Normaliser => ({
  mean: new Array<number>(channels).fill(0),
  deviation: new Array<number>(channels).fill(1 / maxPixel[input]),
})

type Windowed = Conv | Depthwise

const isWindowed = (layer: Layer): layer is Windowed => layer._tag === 'conv' || layer._tag === 'depthwise'

const isGrouped = (layer: Windowed): boolean => layer._tag === 'conv' && layer.groups > 1

/** Whether the layer's windows never reach the zero padding, which is not normalised. */
const readsNoPadding = ({ layers }: CheckedNet, path: Path, layer: Windowed): boolean =>
  !isPadded(slidesOf(valueAt(layers, path).input, { ...layer, size: layer.kernel }))

/** The convolutions between the images and a value; null where another layer reads the images. */
type Read = 'images' | readonly Path[] | null

const mergeReads = (...values: readonly Read[]): Read =>
  values.some(value => value === null || value === 'images')
    ? null
    : [...new Set(values.flatMap(value => value ?? []))]

/** The convolutions that read a net's images; null where another layer reads them too. */
const readersOf = ({ body }: Net): readonly Path[] | null => {
  const read = interpret<Read>({
    leaf: (leaf, path, input) => {
      if (input !== 'images' || leaf._tag === 'dropout') return input
      return isWindowed(leaf) && !isGrouped(leaf) ? [path] : null
    },
    concat: branches => mergeReads(...branches),
    residual: (body, shortcut) => mergeReads(body, shortcut),
    gate: (body, _layer, _path, input) => mergeReads(body, input),
  })(body, '', 'images')
  return read === 'images' ? null : read
}

/** Scales a kernel [k, k, in, out], or depthwise [k, k, in, 1]; also returns what the shifts add to each output. */
const absorbIntoKernel = ({ shape, data }: Tensor, { scale, shift }: Affine, tag: Windowed['_tag']) => {
  const [, , channels = 1, outputs = 1] = shape
  const added = new Float64Array(tag === 'conv' ? outputs : channels)
  const scaled = data.map((value, i) => {
    const [from, to] = [Math.floor(i / outputs) % channels, i % added.length]
    added[to] = elementAt(added, to) + value * elementAt(shift, from)
    return value * elementAt(scale, from)
  })
  return { kernel: { shape, data: scaled }, added }
}

const addTo = ({ shape, data }: Tensor, added: Float64Array, sign: 1 | -1): Tensor => ({
  shape,
  data: data.map((value, i) => value + sign * elementAt(added, i)),
})

/** A layer's weights with the normaliser folded in; the shifts go into its bias, or into its batch norm's mean. */
const absorb =
  (weights: Weights, affine: Affine) =>
  (layer: Windowed, path: Path): Weights => {
    const at = (slot: 'kernel' | 'bias' | 'mean'): Tensor | undefined => weights[weightKey(path, slot)]
    const { kernel, added } = absorbIntoKernel(at('kernel') as Tensor, affine, layer._tag) // the model was checked
    const [bias, mean] = [at('bias'), at('mean')]
    return {
      [weightKey(path, 'kernel')]: kernel,
      ...(bias === undefined && mean !== undefined
        ? { [weightKey(path, 'mean')]: addTo(mean, added, -1) }
        : {
            [weightKey(path, 'bias')]: addTo(
              bias ?? { shape: [added.length], data: new Float32Array(added.length) },
              added,
              1,
            ),
          }),
    }
  }

/** An altered net with its weights. */
const modelOf = (net: Net, weights: Weights): E.Either<NetError, Model> =>
  pipe(
    infer(net),
    E.map(checked => ({ ...checked, weights })),
  )

const foldInto =
  (affine: Affine, paths: readonly Path[]) =>
  ({ net, weights }: Model): E.Either<NetError, Model> => {
    const newWeights: Record<string, Tensor> = {}
    const absorbAffine = absorb(weights, affine)
    const edited = editLayers((layer, path) => {
      if (!isWindowed(layer) || !paths.includes(path)) return layer
      Object.assign(newWeights, absorbAffine(layer, path))
      return { ...layer, bias: layer.bias || layer.norm === null }
    })(net)
    return modelOf(edited, { ...weights, ...newWeights })
  }

const stepName = 'normalise'

const unusedName = (siblings: readonly Layer[], nth = 1): string => {
  const name = nth === 1 ? stepName : `${stepName}_${nth}`
  return siblings.some(sibling => sibling.name === name) ? unusedName(siblings, nth + 1) : name
}

/** A depthwise 1×1 convolution: a scale and a shift of each channel. */
const stepOf = (name: string): Depthwise => ({
  _tag: 'depthwise',
  name,
  ...{ kernel: 1, stride: 1, dilation: 1, padding: 'valid', bias: true, norm: null, activation: null },
})

const stepWeights = (name: string, { scale, shift }: Affine): Weights => ({
  [weightKey(name, 'kernel')]: { shape: [1, 1, scale.length, 1], data: Float32Array.from(scale) },
  [weightKey(name, 'bias')]: { shape: [shift.length], data: Float32Array.from(shift) },
})

/** The model behind a depthwise layer that normalises; its own layers stay as they are. */
export const prependStep =
  (affine: Affine) =>
  ({ net, weights }: Model): E.Either<NetError, Model> => {
    const name = unusedName(net.body.layers)
    const body = { ...net.body, layers: [stepOf(name), ...net.body.layers] }
    return modelOf({ ...net, body }, { ...stepWeights(name, affine), ...weights })
  }

/**
 * The model that normalises its images itself: in its first convolutions where that is exact, else in a depthwise layer
 * before them. It is exact where the convolutions read no zero padding, or where the shift is zero.
 *
 * Errors  TooMany where a layer more makes the net larger than any may be
 * Law     its output for x is the output of `model` for scale · x + shift
 */
export const includeNormaliser =
  (affine: Affine) =>
  (model: Model): E.Either<NetError, Model> => {
    const readers = readersOf(model.net)
    const exact = (path: Path): boolean => {
      const layer = model.layers.get(path)?.layer
      return layer !== undefined && isWindowed(layer) && readsNoPadding(model, path, layer)
    }
    return readers !== null && (affine.shift.every(each => each === 0) || readers.every(exact))
      ? foldInto(affine, readers)(model)
      : prependStep(affine)(model)
  }

const sameData = (a: Tensor | undefined, b: Tensor | undefined): boolean =>
  a?.data.length === b?.data.length && (a?.data.every((value, i) => value === b?.data[i]) ?? false)

const sameOptions = (a: Layer, b: Layer): boolean => {
  const options: Readonly<Record<string, unknown>> = { ...b }
  return Object.entries(a).every(([option, value]) => options[option] === value)
}

/** The model without its normalising first layer; null where it has none. */
export const removeStep =
  (affine: Affine) =>
  ({ net, weights }: Model): Model | null => {
    const [first, ...layers] = net.body.layers
    const name = first?.name ?? ''
    const expected = stepWeights(name, affine)
    const isStep =
      first !== undefined &&
      sameOptions(stepOf(name), first) &&
      Object.entries(expected).every(([key, each]) => sameData(each, weights[key]))
    const rest = Object.fromEntries(Object.entries(weights).filter(([key]) => !(key in expected)))
    return isStep
      ? O.toNullable(O.fromEither(modelOf({ ...net, body: { ...net.body, layers } }, rest)))
      : null
  }
