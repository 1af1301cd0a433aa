/** The layers read so far, with the weights that they will have. */
import { numberedNames } from '../../../io/text/unique-names.js'
import type { Shape } from '../../../net/shape.js'
import type { Leaf } from '../../../net/tree.js'
import type { WeightName } from '../../../net/weight-specs.js'
import type { Tensor } from '../../../net/weights.js'
import type { LayerNode } from '../../tree/graph.js'
import { type Join, leafPart, type PadPart, type Part, type Source } from '../../tree/part.js'
import type { Numbers } from './constant.js'
import type { NodeProto } from './file/proto.js'
import type { Live } from './value.js'
import type { View } from './view.js'

/** One factor and one addend a channel: y = x · scale + shift. */
export interface Affine {
  readonly scale: Numbers
  readonly shift: Numbers
}

/** A layer that an ONNX node became. */
export interface OnnxLayer extends LayerNode {
  readonly node: NodeProto
  readonly parts: readonly Part[]
  readonly join: Join | null
  /** What it gives. */
  readonly shape: Shape
  /** Where it is no more than an affine map of each channel. */
  readonly affine: Affine | null
}

/** A weight is made when the whole graph has been read. */
export type MakeTensor = () => Tensor

/** A weight, or the value it has throughout. */
export type Weight = MakeTensor | number

export type LeafWeights = Readonly<Partial<Record<WeightName, Weight>>>

/** What a layer gives. */
export interface Output {
  readonly shape: Shape
  readonly view: View
}

export interface Draft {
  readonly layers: ReadonlyMap<string, OnnxLayer>
  /** By layer and slot, as in `conv1/kernel`. */
  readonly tensors: ReadonlyMap<string, MakeTensor>
  /** Adds a leaf with its weights behind a value. */
  readonly addLeaf: (
    node: NodeProto,
    from: Live,
    leaf: Leaf,
    weights: LeafWeights,
    output: Output,
    affine?: Affine | null,
  ) => Live
  /** Adds zeros around a map. */
  readonly addPad: (node: NodeProto, from: Live, by: PadPart['by'], output: Output) => Live
  /** Adds a join of values. */
  readonly addJoin: (node: NodeProto, from: readonly Live[], join: Join, output: Output) => Live
  /** Adds a concatenation of values that reads `from`, which may begin with another concatenation of some of them. */
  readonly addConcat: (
    node: NodeProto,
    values: readonly Live[],
    from: readonly Live[],
    output: Output,
  ) => Live
  /** The layer that concatenates just these values; undefined where there is none. */
  readonly concatOf: (values: readonly Live[]) => string | undefined
}

const isCopyableLeaf = (leaf: Leaf, weights: LeafWeights): boolean =>
  Object.keys(weights).length === 0 && leaf._tag !== 'dropout'

const keyOf = (values: readonly Live[]): string => JSON.stringify(values.map(({ layer }) => layer))

/** Names that no layer has yet: the node's own, numbered from the second of a name on. */
const nodeNames = (layers: ReadonlyMap<string, OnnxLayer>) => {
  const unusedName = numberedNames(name => layers.has(name), ':')
  return ({ name, output }: NodeProto): string => unusedName(name || (output[0] ?? ''))
}

type NewLayer = Pick<OnnxLayer, 'from' | 'parts' | 'isCopyable'> &
  Partial<Pick<OnnxLayer, 'join' | 'affine'>> & { readonly name: string }

/** Adds layers to a map of them. */
const layerAdder =
  (layers: Map<string, OnnxLayer>) =>
  (node: NodeProto, layer: NewLayer, { shape, view }: Output): Live => {
    layers.set(layer.name, { join: null, affine: null, ...layer, node, className: node.opType, shape })
    return { _tag: 'live', layer: layer.name, shape, view }
  }

/** The source of a weight; one that is no constant is kept by the layer's name and its slot. */
const sourceKeeper =
  (tensors: Map<string, MakeTensor>, name: string) =>
  ([slot, weight]: readonly [string, Weight]): readonly [string, Source] => {
    if (typeof weight === 'number') return [slot, { _tag: 'filled', value: weight }]
    tensors.set(`${name}/${slot}`, weight)
    return [slot, { _tag: 'stored', name: slot }]
  }

/** A draft with the layer that stands for the images. */
export const newDraft = (start: OnnxLayer): Draft => {
  const layers = new Map<string, OnnxLayer>([[start.name, start]])
  const tensors = new Map<string, MakeTensor>()
  const concats = new Map<string, string>()
  const [nameOf, add] = [nodeNames(layers), layerAdder(layers)]

  const addJoin: Draft['addJoin'] = (node, values, join, output) => {
    const from = values.map(({ layer }) => layer)
    return add(node, { name: nameOf(node), from, join, parts: [], isCopyable: true }, output)
  }

  return {
    layers,
    tensors,
    addLeaf: (node, { layer }, leaf, weights, output, affine = null) => {
      const name = nameOf(node)
      const sources = Object.fromEntries(Object.entries(weights).map(sourceKeeper(tensors, name)))
      const parts = [leafPart(leaf, sources)]
      return add(
        node,
        { name, from: [layer], parts, affine, isCopyable: isCopyableLeaf(leaf, weights) },
        output,
      )
    },
    addPad: (node, { layer }, by, output) =>
      add(
        node,
        { name: nameOf(node), from: [layer], parts: [{ _tag: 'pad', by }], isCopyable: true },
        output,
      ),
    addJoin,
    addConcat: (node, values, from, output) => {
      const live = addJoin(node, from, 'concat', output)
      concats.set(keyOf(values), live.layer)
      return live
    },
    concatOf: values => concats.get(keyOf(values)),
  }
}
