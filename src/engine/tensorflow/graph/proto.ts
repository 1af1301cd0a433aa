/** A graph as the bytes of a SavedModel or a GraphDef. */
import type { Shape } from '../../../net/shape.js'
import { type Attr, float32, type GraphNode, int32, type Ref } from './node.js'
import { encodeMessage, type Message } from './schema.js'

/** An input or output of a signature: the tensor's name and shape. */
export interface Port {
  readonly ref: Ref
  readonly shape: Shape
}

/** An entry point for a server. */
export interface Signature {
  readonly inputs: Readonly<Record<string, Port>>
  readonly outputs: Readonly<Record<string, Port>>
}

export interface SavedGraph {
  readonly nodes: readonly GraphNode[]
  readonly signatures?: Readonly<Record<string, Signature>>
}

/** The version of the graph language written here; any TensorFlow from 2.16 on reads it, and those before warn. */
const producer = 1882

/** `ref` as TensorFlow names a tensor. */
export const tensorName = (ref: Ref): string => (ref.includes(':') ? ref : `${ref}:0`)

const encodeText = (text: string): Uint8Array => new TextEncoder().encode(text)

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array | Int32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength)

const mapValues = <A>(entries: Readonly<Record<string, A>>, toMessage: (entry: A) => Message): Message =>
  Object.fromEntries(Object.entries(entries).map(([key, entry]) => [key, toMessage(entry)]))

const shapeMessage = (sizes: Shape): Message => ({ dim: sizes.map(size => ({ size })) })

const tensorMessage = (sizes: Shape, data: Float32Array | Int32Array): Message => ({
  dtype: data instanceof Int32Array ? int32 : float32,
  tensorShape: shapeMessage(sizes),
  tensorContent: bytesOf(data),
})

const attrMessage = (attr: Attr): Message => {
  switch (attr._tag) {
    case 'type':
      return { type: attr.type }
    case 'int':
      return { i: attr.int }
    case 'float':
      return { f: attr.float }
    case 'bool':
      return { b: attr.bool }
    case 'text':
      return { s: encodeText(attr.text) }
    case 'ints':
      return { list: { i: attr.ints } }
    case 'texts':
      return { list: { s: attr.texts.map(encodeText) } }
    case 'shape':
      return { shape: shapeMessage(attr.shape) }
    case 'tensor':
      return { tensor: tensorMessage(attr.shape, attr.data) }
  }
}

const nodeMessage = ({ name, op, inputs, attrs, device = '' }: GraphNode): Message => ({
  name,
  op,
  input: inputs,
  device,
  attr: mapValues(attrs, attrMessage),
})

const portMessage = ({ ref, shape }: Port): Message => ({
  name: tensorName(ref),
  dtype: float32,
  tensorShape: shapeMessage(shape),
})

const signatureMessage = ({ inputs, outputs }: Signature): Message => ({
  inputs: mapValues(inputs, portMessage),
  outputs: mapValues(outputs, portMessage),
  methodName: 'tensorflow/serving/predict',
})

const graphMessage = ({ nodes }: SavedGraph): Message => ({
  node: nodes.map(nodeMessage),
  versions: { producer },
})

const metaGraphMessage = (graph: SavedGraph): Message => ({
  metaInfoDef: { tags: ['serve'] },
  graphDef: graphMessage(graph),
  signatureDef: mapValues(graph.signatures ?? {}, signatureMessage),
})

/** The content of `saved_model.pb`. */
export const savedModel = (graph: SavedGraph): Uint8Array =>
  encodeMessage('SavedModel', { savedModelSchemaVersion: 1, metaGraphs: [metaGraphMessage(graph)] })

/** A graph alone, without signatures, as the bytes of a GraphDef. */
export const graphDef = (graph: SavedGraph): Uint8Array => encodeMessage('GraphDef', graphMessage(graph))
