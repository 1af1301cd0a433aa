/** A factor and an addend for each channel: as the bias of the layer before where that is possible, else as a layer. */
import { elementAt } from '../../../../io/element.js'
import { channelsOf } from '../../../../net/shape.js'
import type { Leaf } from '../../../../net/tree.js'
import type { LeafPart } from '../../../tree/part.js'
import { isNear } from '../constant.js'
import type { Affine, LeafWeights, MakeTensor, OnnxLayer } from '../draft.js'
import type { Site } from '../site.js'
import type { Live } from '../value.js'

const vectorTensor =
  (data: Float32Array): MakeTensor =>
  () => ({ shape: [data.length], data })

const isAll = (value: number, data: Affine['scale']): boolean => data.every((each: number) => each === value)

/** ε of the batch norm that stands for an affine map. */
const epsilon = 1e-5

/** The layer of a value, where it is one leaf, with the weights it has. */
const leafBefore = (
  site: Site,
  value: Live,
): { readonly layer: OnnxLayer; readonly part: LeafPart } | null => {
  const layer = site.draft.layers.get(value.layer)
  const [part, ...more] = layer?.parts ?? []
  return layer !== undefined && part?._tag === 'leaf' && more.length === 0 ? { layer, part } : null
}

/** A product without bias and norm: exporters write its batch norm as a factor and an addend. */
const isBareProduct = (site: Site, value: Live): boolean => {
  const layer = leafBefore(site, value)?.part.layer
  return (layer?._tag === 'conv' || layer?._tag === 'depthwise') && !layer.bias && layer.norm === null
}

const leafOf = (
  { shape }: Live,
  { scale, shift }: Affine,
  isBehindProduct: boolean,
): { readonly leaf: Leaf; readonly weights: LeafWeights } => {
  const [factors, addends] = [Float32Array.from(scale), Float32Array.from(shift)]
  if (isAll(0, shift))
    return { leaf: { _tag: 'scale', name: '', init: 1 }, weights: { scale: vectorTensor(factors) } }
  if (shape.length === 1 || isBehindProduct)
    return {
      leaf: { _tag: 'norm', name: '', momentum: 0.9, epsilon },
      weights: {
        scale: vectorTensor(factors.map(each => each * Math.sqrt(1 + epsilon))),
        shift: vectorTensor(addends),
        mean: 0,
        variance: 1,
      },
    }
  const window = { kernel: 1, stride: 1, dilation: 1, padding: 'valid' as const }
  return {
    leaf: { _tag: 'depthwise', name: '', ...window, bias: true, norm: null, activation: null },
    weights: {
      kernel: () => ({ shape: [1, 1, factors.length, 1], data: factors }),
      bias: vectorTensor(addends),
    },
  }
}

const weightsOf = (
  site: Site,
  { layer, part }: { readonly layer: OnnxLayer; readonly part: LeafPart },
): LeafWeights =>
  Object.fromEntries(
    Object.entries(part.sources).flatMap(([slot, source]) => {
      const weight =
        source._tag === 'filled' ? source.value : site.draft.tensors.get(`${layer.name}/${source.name}`)
      return weight === undefined ? [] : [[slot, weight]]
    }),
  )

/** The leaf before with the affine map in it; null where it cannot take it. */
const absorbed = (
  part: LeafPart,
  { scale, shift }: Affine,
): { readonly leaf: Leaf; readonly weights: LeafWeights } | null => {
  const { layer, sources } = part
  const [isShift, isFactor] = [isAll(1, scale), isAll(0, shift)]
  const addends = vectorTensor(Float32Array.from(shift))
  if ((layer._tag === 'conv' || layer._tag === 'depthwise' || layer._tag === 'dense') && isShift)
    return layer.bias || layer.norm !== null
      ? null
      : { leaf: { ...layer, bias: true }, weights: { bias: addends } }
  if (layer._tag !== 'layerNorm' || sources.shift?._tag !== 'filled') return null
  if (isShift) return { leaf: layer, weights: { shift: addends } }
  return isFactor && sources.scale?._tag === 'filled'
    ? { leaf: layer, weights: { scale: vectorTensor(Float32Array.from(scale)) } }
    : null
}

/** y = (x · a + b) · c + d */
const compose = (first: Affine, second: Affine): Affine => ({
  scale: Float64Array.from(first.scale, (each, c) => each * (second.scale[c] ?? 1)),
  shift: Float64Array.from(
    first.shift,
    (each, c) => each * elementAt(second.scale, c) + elementAt(second.shift, c),
  ),
})

const addAffineLayer = (site: Site, from: Live, affine: Affine, output: Live): Live => {
  const { leaf, weights } = leafOf(from, affine, isBareProduct(site, from))
  return site.draft.addLeaf(site.node, from, leaf, weights, output, affine)
}

const isNeutral = ({ scale, shift }: Affine): boolean =>
  scale.every((each: number) => isNear(each, 1)) && isAll(0, shift)

/** Two maps in one, or none where the second undoes the first. */
const addComposed = (site: Site, from: Live, affine: Affine, output: Live): Live =>
  isNeutral(affine) ? from : addAffineLayer(site, from, affine, output)

/** The value times a factor plus an addend, channel by channel; `isOnly` where nothing else reads the value. */
export const addAffine = (site: Site, value: Live, affine: Affine, isOnly: boolean): Live => {
  const before = isOnly ? leafBefore(site, value) : null
  const from = (layer: OnnxLayer): Live => ({ ...value, layer: layer.from[0] ?? '' })
  if (before === null) return addAffineLayer(site, value, affine, value)
  const { layer, part } = before
  if (layer.affine !== null) return addComposed(site, from(layer), compose(layer.affine, affine), value)
  const whole = absorbed(part, affine)
  return whole === null
    ? addAffineLayer(site, value, affine, value)
    : site.draft.addLeaf(
        layer.node,
        from(layer),
        whole.leaf,
        { ...weightsOf(site, before), ...whole.weights },
        value,
      )
}

/** The affine map that changes nothing. */
export const neutralAffine = (value: Live): Affine => ({
  scale: new Float32Array(channelsOf(value.shape)).fill(1),
  shift: new Float32Array(channelsOf(value.shape)),
})
