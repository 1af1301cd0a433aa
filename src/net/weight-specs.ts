/** What each layer stores: its slots, their shapes, how they begin and whether training moves them. */
import type { Inferred, PlacedLayer } from './infer.js'
import { childPath, type Path } from './path.js'
import { channelsOf, type Shape, sizeOf } from './shape.js'
import type { Layer } from './tree.js'

/** `kernel` and `bias` belong to the product; `scale` γ, `shift` β, `mean` and `variance` to its batch norm. */
export type WeightName = 'kernel' | 'bias' | 'scale' | 'shift' | 'mean' | 'variance'

/** One stored array of a layer. */
export interface WeightSpec {
  /** The layer's path, `/`, the slot's name: the weight's key in the store. */
  readonly key: string
  readonly slot: WeightName
  readonly at: Path
  readonly shape: Shape
  /** Values that feed one output: what initialisation divides by. */
  readonly fanIn: number
  readonly trained: boolean
}

/** Where the store keeps a slot: `a/three/conv/kernel`. */
export const weightKey = (path: Path, slot: WeightName): string => childPath(path, slot)

const kernelShape = (layer: Layer, input: Shape): Shape | null => {
  switch (layer._tag) {
    case 'conv':
      return [layer.kernel, layer.kernel, channelsOf(input), layer.filters]
    case 'depthwise':
      return [layer.kernel, layer.kernel, channelsOf(input), 1]
    case 'dense':
      return [channelsOf(input), layer.units]
    default:
      return null
  }
}

const hasBias = (layer: Layer): boolean => 'bias' in layer && layer.bias

/** Whether batch norm is part of the layer. */
export const hasNorm = (layer: Layer): boolean =>
  layer._tag === 'norm' || ('norm' in layer && layer.norm !== null)

const fanInOf = (layer: Layer, kernel: Shape): number =>
  kernel.slice(0, layer._tag === 'depthwise' ? 2 : -1).reduce((product, size) => product * size, 1)

/** The slots of one placed layer, in the order of the store. */
export const weightSpecsOf = ({ path, layer, input, output }: PlacedLayer): readonly WeightSpec[] => {
  const kernel = kernelShape(layer, input)
  const slot = (name: WeightName, shape: Shape, trained = true): WeightSpec => ({
    key: weightKey(path, name),
    slot: name,
    at: path,
    shape,
    fanIn: kernel === null ? 1 : fanInOf(layer, kernel),
    trained,
  })
  const channels = [channelsOf(output)]
  return [
    ...(kernel === null ? [] : [slot('kernel', kernel)]),
    ...(hasBias(layer) ? [slot('bias', channels)] : []),
    ...(hasNorm(layer)
      ? [
          slot('scale', channels),
          slot('shift', channels),
          slot('mean', channels, false),
          slot('variance', channels, false),
        ]
      : []),
  ]
}

/** How many values a placed layer stores: the sizes of its slots, without naming them. */
export const storedIn = ({ layer, input, output }: PlacedLayer): number => {
  const kernel = kernelShape(layer, input)
  const statistics = (hasBias(layer) ? 1 : 0) + (hasNorm(layer) ? 4 : 0)
  return (kernel === null ? 0 : sizeOf(kernel)) + statistics * channelsOf(output)
}

/** Every slot of a net, in the order of computation. */
export const allWeightSpecs = (inferred: Inferred): readonly WeightSpec[] =>
  [...inferred.values()].flatMap(weightSpecsOf)
