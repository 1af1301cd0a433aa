/** Reads an ONNX graph as a graph of layers: each node in order, by the table of operators. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { countEach } from '../../../io/count.js'
import { channelsOf } from '../../../net/shape.js'
import type { ImportError, LayerDropped } from '../../error.js'
import { type LayerGraph, notATree } from '../../tree/graph.js'
import { type MakeTensor, newDraft, type OnnxLayer } from './draft.js'
import { isOwnDomain, type NodeProto, type OnnxFile } from './file/proto.js'
import { constantIn, type ExternalBytes } from './file/tensor.js'
import { type Images, imagesIn } from './images.js'
import { operatorOf, supportedOperators } from './operators/index.js'
import { asVector, inOrder } from './shape-layers.js'
import { misfitOf, type Read, type Site, siteOf } from './site.js'
import { constantValue, type Live, type Value } from './value.js'
import { countOf, dimsOf, isInOrder } from './view.js'

/** The layers of a graph and their weights, and between which tensors they lie. */
export interface OnnxGraph {
  readonly layers: LayerGraph<OnnxLayer>
  readonly tensors: ReadonlyMap<string, MakeTensor>
  readonly images: Images
  readonly end: End
  /** How many values the file rounds to 8 bits. */
  readonly roundings: number
}

type Values = Map<string, Value>

const constantsIn = (file: OnnxFile, external: ExternalBytes): Read<Values> =>
  pipe(
    file.graph.initializer,
    E.traverseArray(proto =>
      pipe(
        constantIn(external)(proto),
        E.map((constant): readonly [string, Value] => [proto.name, constantValue(constant)]),
      ),
    ),
    E.map(entries => new Map(entries)),
  )

/** Stands for an end of the graph, which is no node of it: the images or the outputs. */
const endNode = (name: string, opType: 'Input' | 'Output'): NodeProto => ({
  ...{ name, opType, domain: '', input: [], output: [], attribute: [], metadataProps: [] },
})

const startNode = endNode('', 'Input')

const startLayer = ({ name, shape }: Images): OnnxLayer => ({
  ...{ name, node: startNode, className: startNode.opType, shape },
  ...{ from: [], isCopyable: false, parts: [], join: null, affine: null },
})

const unknownOperator = ({ name, output, domain, opType }: NodeProto): ImportError => ({
  _tag: 'UnknownOperator',
  at: name || (output[0] ?? ''),
  operator: isOwnDomain(domain) ? opType : `${domain}.${opType}`,
  supported: supportedOperators,
})

/** By tensor, the node that gives it; and how often each is read. */
const indexNodes = ({ graph }: OnnxFile) => {
  const producers = new Map<string, NodeProto>()
  for (const node of graph.node)
    for (const tensor of node.output) if (tensor !== '') producers.set(tensor, node)
  const readers = countEach([
    ...graph.node.flatMap(({ input }) => [...new Set(input)]),
    ...graph.output.map(({ name }) => name),
  ])
  return { producers, readers }
}

/** A tensor that nothing gives, or a node behind its reader. */
type Missing = (tensor: string, isLater: boolean) => ImportError

const tensorMissing = (name: string, at: string, expected: string, got: string): ImportError => ({
  _tag: 'TensorDiffers',
  name,
  fault: { _tag: 'DecodeError', at, expected, got },
})

const missingInput =
  ({ name, output, opType }: NodeProto): Missing =>
  (tensor, isLater) =>
    tensorMissing(
      tensor,
      `input of ${name || (output[0] ?? '')} (${opType})`,
      'an initializer, or an output of a node before',
      isLater
        ? 'the output of a node behind it: the graph has a cycle, or is not in order'
        : 'a name that nothing has',
    )

const missingOutput: Missing = name =>
  tensorMissing(name, 'output of the model', 'a tensor that a node gives', 'a name that nothing has')

const readNode = (site: Site): Read<readonly Value[]> => {
  const { node } = site
  const operate = isOwnDomain(node.domain) ? operatorOf(node.opType) : undefined
  return operate === undefined ? E.left(unknownOperator(node)) : operate(site)
}

/** The values of all tensors; a node that cannot be read gives its error to those that read it. */
const readNodes = (
  file: OnnxFile,
  images: Images,
  values: Values,
): { readonly site: Site; readonly values: Values } => {
  const { producers, readers } = indexNodes(file)
  const draft = newDraft(startLayer(images))
  values.set(images.name, { _tag: 'live', layer: images.name, shape: images.shape, view: images.view })
  const siteAt = (node: NodeProto, missing: Missing): Site =>
    siteOf({
      node,
      opset: file.opset,
      batch: images.batch,
      draft,
      valueOf: tensor => E.fromNullable(missing(tensor, producers.has(tensor)))(values.get(tensor)),
      producerOf: tensor => producers.get(tensor),
      readersOf: tensor => readers.get(tensor) ?? 0,
    })
  for (const node of file.graph.node) {
    const read = readNode(siteAt(node, missingInput(node)))
    node.output.forEach((tensor, nth) => {
      const fault = misfitOf(node)(`output ${nth}`, 'a tensor that nothing reads', tensor)
      const value: Value = E.isLeft(read)
        ? { _tag: 'fault', fault: read.left }
        : (read.right[nth] ?? { _tag: 'fault', fault })
      if (tensor !== '') values.set(tensor, value)
    })
  }
  const outputs = file.graph.output.map(({ name }) => name)
  return { site: siteAt(endNode(outputs.join(', '), 'Output'), missingOutput), values }
}

/** The logits of a graph, and the output that shows them, alone or behind a softmax. */
export interface End {
  readonly logits: Live
  readonly output: string
  readonly softmax: LayerDropped | null
}

const softmaxOf = (site: Site, tensor: string): LayerDropped => {
  const node = site.producerOf(tensor)
  return {
    _tag: 'LayerDropped',
    at: node?.name || tensor,
    className: node?.opType ?? 'Softmax',
    why: 'softmax',
  }
}

const endOf = (site: Site, output: string, value: Value): Read<End> => {
  switch (value._tag) {
    case 'live':
      return E.right({ logits: value, output, softmax: null })
    case 'softmax':
      return E.right({ logits: value.logits, output, softmax: softmaxOf(site, output) })
    case 'constant':
      return site.differs(output, 'a value that depends on the images', 'a constant')
    case 'rounded':
    case 'fault':
      return E.left(value.fault)
  }
}

/** The one end that all outputs have: plain logits where one of them is that. */
const singleEnd = (site: Site, outputs: readonly string[]): Read<End> =>
  pipe(
    outputs,
    E.traverseArray(output =>
      pipe(
        site.valueOf(output),
        E.flatMap(value => endOf(site, output, value)),
      ),
    ),
    E.flatMap(ends => {
      const [first] = ends
      const plain = ends.find(({ softmax }) => softmax === null)
      return first !== undefined && ends.every(({ logits }) => logits.layer === first.logits.layer)
        ? E.right(plain ?? first)
        : E.left(notATree(outputs.join(', '), 'not one output'))
    }),
  )

/** The logits as a vector in order. */
const vectorOf = (site: Site, logits: Live): Read<Live> =>
  pipe(
    asVector(site, inOrder(site, logits)),
    E.filterOrElse(
      ({ view, shape }) => {
        const spans = view.flat().filter(({ axis }) => axis >= 0)
        return isInOrder(spans) && countOf(spans) === channelsOf(shape)
      },
      ({ view }) => site.misfit('shape', 'one number a class', dimsOf(view).join(' × ')),
    ),
  )

/** The layers that lead to one, by name. */
const layersBefore = (
  layers: ReadonlyMap<string, OnnxLayer>,
  end: string,
): ReadonlyMap<string, OnnxLayer> => {
  const found = new Map<string, OnnxLayer>()
  const open = [end]
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const layer = layers.get(name)
    if (layer === undefined || found.has(name)) continue
    found.set(name, layer)
    open.push(...layer.from)
  }
  return found
}

const graphOf = (file: OnnxFile, images: Images, site: Site, end: End): OnnxGraph => ({
  layers: {
    name: file.graph.name,
    input: images.shape,
    nodes: layersBefore(site.draft.layers, end.logits.layer),
    start: images.name,
    end: end.logits.layer,
  },
  tensors: site.draft.tensors,
  images,
  end,
  roundings: file.graph.node.filter(({ opType }) => opType === 'QuantizeLinear').length,
})

/**
 * The layers of a graph.
 *
 * Errors  NotATree without exactly one input and one output; TensorDiffers; UnknownOperator and LayerDiffers of a node that
 *         leads to the output
 */
export const readGraph = (file: OnnxFile, external: ExternalBytes): Read<OnnxGraph> =>
  pipe(
    E.Do,
    E.bind('images', () => imagesIn(file.graph)),
    E.bind('constants', () => constantsIn(file, external)),
    E.let('read', ({ images, constants }) => readNodes(file, images, constants)),
    E.bind('end', ({ read }) =>
      singleEnd(
        read.site,
        file.graph.output.map(({ name }) => name),
      ),
    ),
    E.bind('logits', ({ read, end }) => vectorOf(read.site, end.logits)),
    E.map(({ images, read, end, logits }) => graphOf(file, images, read.site, { ...end, logits })),
  )
