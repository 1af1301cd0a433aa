/** The weights of each layer: their names, keys, shapes, neutral values, and whether training changes them. */
import { type CheckedNet, childPath, type Path, type PlacedLayer } from './path.js'
import { channelsOf, type Shape, sizeOf } from './shape.js'
import type { Layer } from './tree.js'
import { sidesOf } from './window.js'

/**
 * `kernel` and `bias` belong to the product; `scale` γ, `shift` β, `mean` and `variance` to its batch norm, or to a
 * layer of their own.
 */
export type WeightName = 'kernel' | 'bias' | 'scale' | 'shift' | 'mean' | 'variance'

/** One stored array of a layer. */
export interface WeightSpec {
  /** The layer's path, `/`, the weight's name: its key in the store. */
  readonly key: string
  readonly slot: WeightName
  readonly at: Path
  readonly shape: Shape
  /** Inputs of one output: what the variance of the initial values is divided by. */
  readonly fanIn: number
  readonly trained: boolean
}

/** The key of a weight in the store: `a/three/conv/kernel`. */
export const weightKey = (path: Path, name: WeightName): string => childPath(path, name)

/** Whether a key is that of a layer's kernel, scale, …: `a/three/conv/kernel` is a kernel's. */
export const isKeyOf =
  (name: WeightName) =>
  (key: string): boolean =>
    key.endsWith(`/${name}`)

/** The value of every weight but a kernel where it changes nothing; initial weights begin with it. */
export const neutralValues: { readonly [N in Exclude<WeightName, 'kernel'>]: number } = {
  bias: 0,
  scale: 1,
  shift: 0,
  mean: 0,
  variance: 1,
}

const kernelShape = (layer: Layer, input: Shape): Shape | null => {
  switch (layer._tag) {
    case 'conv':
      return [...sidesOf(layer.kernel), channelsOf(input) / layer.groups, layer.filters]
    case 'depthwise':
      return [...sidesOf(layer.kernel), channelsOf(input), 1]
    case 'dense':
      return [channelsOf(input), layer.units]
    case 'own':
      return layer.kernel
    default:
      return null
  }
}

const hasBias = (layer: Layer): boolean => 'bias' in layer && layer.bias

/** Weights of one value per channel: whether training changes each. */
const vectorsOf = (layer: Layer): readonly (readonly [slot: WeightName, trained: boolean])[] => {
  if (layer._tag === 'scale') return [['scale', true]]
  const affine = [
    ['scale', true],
    ['shift', true],
  ] as const
  if (layer._tag === 'layerNorm') return affine
  if (layer._tag === 'own')
    return (['bias', 'scale', 'shift'] as const).flatMap(slot =>
      layer.weights[slot] === undefined ? [] : [[slot, true] as const],
    )
  return [
    ...(hasBias(layer) ? [['bias', true] as const] : []),
    ...(hasNorm(layer) ? [...affine, ['mean', false] as const, ['variance', false] as const] : []),
  ]
}

/** Whether batch norm is part of the layer. */
export const hasNorm = (layer: Layer): boolean =>
  layer._tag === 'norm' || ('norm' in layer && layer.norm !== null)

const fanInOf = (layer: Layer, kernel: Shape): number =>
  sizeOf(kernel.slice(0, layer._tag === 'depthwise' ? 2 : -1))

/** The weights of one placed layer, in the order of the store. */
export const weightSpecsOf = ({ path, layer, input, output }: PlacedLayer): readonly WeightSpec[] => {
  const kernel = kernelShape(layer, input)
  const spec = (name: WeightName, shape: Shape, trained = true): WeightSpec => ({
    key: weightKey(path, name),
    slot: name,
    at: path,
    shape,
    fanIn: kernel === null ? 1 : fanInOf(layer, kernel),
    trained,
  })
  const channels = [channelsOf(layer._tag === 'own' ? input : output)]
  return [
    ...(kernel === null ? [] : [spec('kernel', kernel)]),
    ...vectorsOf(layer).map(([slot, trained]) => spec(slot, channels, trained)),
  ]
}

/** How many values a placed layer stores: the sizes of its weights, without their keys. */
export const storedIn = ({ layer, input, output }: PlacedLayer): number => {
  const kernel = kernelShape(layer, input)
  return (
    (kernel === null ? 0 : sizeOf(kernel)) +
    vectorsOf(layer).length * channelsOf(layer._tag === 'own' ? input : output)
  )
}

/** Every weight of a net, in the order of computation. */
export const allWeightSpecs = ({ layers }: CheckedNet): readonly WeightSpec[] =>
  [...layers.values()].flatMap(weightSpecsOf)
