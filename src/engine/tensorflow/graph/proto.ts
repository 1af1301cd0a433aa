/** A graph as the bytes of a SavedModel or a GraphDef, by the protobuf messages of TensorFlow's npm package. */
import { createRequire } from 'node:module'
import type { Shape } from '../../../net/shape.js'
import { type Attr, float32, type GraphNode, int32, type Ref } from './node.js'

/** A message of `api_pb`: setters by field, and maps. */
interface Message {
  readonly serializeBinary: () => Uint8Array
  readonly [accessor: `set${string}` | `add${string}`]: (value: unknown) => unknown
}

interface MessageMap {
  readonly set: (key: string, value: Message) => unknown
}

type Constructor<M extends Message = Message> = new () => M

interface Messages {
  readonly AttrValue: Constructor & { readonly ListValue: Constructor }
  readonly GraphDef: Constructor
  readonly MetaGraphDef: Constructor<Message & { readonly getSignatureDefMap: () => MessageMap }> & {
    readonly MetaInfoDef: Constructor
  }
  readonly NodeDef: Constructor<Message & { readonly getAttrMap: () => MessageMap }>
  readonly SavedModel: Constructor
  readonly SignatureDef: Constructor<
    Message & { readonly getInputsMap: () => MessageMap; readonly getOutputsMap: () => MessageMap }
  >
  readonly Tensor: Constructor
  readonly TensorInfo: Constructor
  readonly TensorShape: Constructor & { readonly Dim: Constructor }
  readonly VersionDef: Constructor
}

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

type Fields = Readonly<Record<string, unknown>>

/** Sets fields of a message; returns the message. */
const setFields = <M extends Message>(message: M, fields: Fields): M => {
  for (const [field, value] of Object.entries(fields)) message[`set${field}`]?.(value)
  return message
}

const setEntries = <A>(
  map: MessageMap,
  entries: Readonly<Record<string, A>>,
  toMessage: (entry: A) => Message,
): void => {
  for (const [key, entry] of Object.entries(entries)) map.set(key, toMessage(entry))
}

const encodeText = (text: string): Uint8Array => new TextEncoder().encode(text)

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array | Int32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength)

const shapeMessage = (pb: Messages, sizes: Shape): Message =>
  setFields(new pb.TensorShape(), {
    DimList: sizes.map(size => setFields(new pb.TensorShape.Dim(), { Size: size })),
  })

const tensorMessage = (pb: Messages, sizes: Shape, data: Float32Array | Int32Array): Message =>
  setFields(new pb.Tensor(), {
    Dtype: data instanceof Int32Array ? int32 : float32,
    TensorShape: shapeMessage(pb, sizes),
    TensorContent: bytesOf(data),
  })

const listField = (pb: Messages, fields: Fields): Fields => ({
  List: setFields(new pb.AttrValue.ListValue(), fields),
})

const attrFields = (pb: Messages, attr: Attr): Fields => {
  switch (attr._tag) {
    case 'type':
      return { Type: attr.type }
    case 'int':
      return { I: attr.int }
    case 'float':
      return { F: attr.float }
    case 'bool':
      return { B: attr.bool }
    case 'text':
      return { S: encodeText(attr.text) }
    case 'ints':
      return listField(pb, { IList: attr.ints })
    case 'texts':
      return listField(pb, { SList: attr.texts.map(encodeText) })
    case 'shape':
      return { Shape: shapeMessage(pb, attr.shape) }
    case 'tensor':
      return { Tensor: tensorMessage(pb, attr.shape, attr.data) }
  }
}

const attrMessage = (pb: Messages, attr: Attr): Message => setFields(new pb.AttrValue(), attrFields(pb, attr))

const nodeMessage = (pb: Messages, { name, op, inputs, attrs, device = '' }: GraphNode): Message => {
  const node = setFields(new pb.NodeDef(), { Name: name, Op: op, InputList: inputs, Device: device })
  setEntries(node.getAttrMap(), attrs, attr => attrMessage(pb, attr))
  return node
}

const portMessage = (pb: Messages, { ref, shape }: Port): Message =>
  setFields(new pb.TensorInfo(), {
    Name: tensorName(ref),
    Dtype: float32,
    TensorShape: shapeMessage(pb, shape),
  })

const signatureMessage = (pb: Messages, { inputs, outputs }: Signature): Message => {
  const signature = setFields(new pb.SignatureDef(), { MethodName: 'tensorflow/serving/predict' })
  setEntries(signature.getInputsMap(), inputs, port => portMessage(pb, port))
  setEntries(signature.getOutputsMap(), outputs, port => portMessage(pb, port))
  return signature
}

const graphMessage = (pb: Messages, nodes: readonly GraphNode[]): Message =>
  setFields(new pb.GraphDef(), {
    NodeList: nodes.map(node => nodeMessage(pb, node)),
    Versions: setFields(new pb.VersionDef(), { Producer: producer }),
  })

const savedModelMessage = (pb: Messages, { nodes, signatures = {} }: SavedGraph): Message => {
  const meta = setFields(new pb.MetaGraphDef(), {
    MetaInfoDef: setFields(new pb.MetaGraphDef.MetaInfoDef(), { TagsList: ['serve'] }),
    GraphDef: graphMessage(pb, nodes),
  })
  setEntries(meta.getSignatureDefMap(), signatures, signature => signatureMessage(pb, signature))
  return setFields(new pb.SavedModel(), { SavedModelSchemaVersion: 1, MetaGraphsList: [meta] })
}

/** Throws where `@tensorflow/tfjs-node-gpu` is not installed. */
const loadMessages = (): Messages =>
  createRequire(import.meta.url)('@tensorflow/tfjs-node-gpu/dist/proto/api_pb') as Messages // the package has no types for it

/** The content of `saved_model.pb`. */
export const savedModel = (graph: SavedGraph): Uint8Array =>
  savedModelMessage(loadMessages(), graph).serializeBinary()

/** A graph alone, without signatures, as the bytes of a GraphDef. */
export const graphDef = ({ nodes }: SavedGraph): Uint8Array =>
  graphMessage(loadMessages(), nodes).serializeBinary()
