/** A graph as the bytes of a SavedModel, in the messages that TensorFlow's npm package brings. */
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

type Make<M extends Message = Message> = new () => M

interface Messages {
  readonly AttrValue: Make & { readonly ListValue: Make }
  readonly GraphDef: Make
  readonly MetaGraphDef: Make<Message & { readonly getSignatureDefMap: () => MessageMap }> & {
    readonly MetaInfoDef: Make
  }
  readonly NodeDef: Make<Message & { readonly getAttrMap: () => MessageMap }>
  readonly SavedModel: Make
  readonly SignatureDef: Make<
    Message & { readonly getInputsMap: () => MessageMap; readonly getOutputsMap: () => MessageMap }
  >
  readonly Tensor: Make
  readonly TensorInfo: Make
  readonly TensorShape: Make & { readonly Dim: Make }
  readonly VersionDef: Make
}

/** A tensor as the world outside sees it: its name with the output, and its shape. */
export interface Port {
  readonly ref: Ref
  readonly shape: Shape
}

/** What a graph offers to a server. */
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

/** Sets each field of a message, and hands it on. */
const fill = <M extends Message>(message: M, fields: Fields): M => {
  for (const [field, value] of Object.entries(fields)) message[`set${field}`]?.(value)
  return message
}

const put = (map: MessageMap, entries: Readonly<Record<string, Message>>): void => {
  for (const [key, value] of Object.entries(entries)) map.set(key, value)
}

const mapped = <A>(
  make: (value: A) => Message,
  values: Readonly<Record<string, A>>,
): Readonly<Record<string, Message>> =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, make(value)]))

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array | Int32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength)

const writing = (pb: Messages) => {
  const shapeOf = (sizes: Shape) =>
    fill(new pb.TensorShape(), {
      DimList: sizes.map(size => fill(new pb.TensorShape.Dim(), { Size: size })),
    })

  const tensorOf = (sizes: Shape, data: Float32Array | Int32Array) =>
    fill(new pb.Tensor(), {
      Dtype: data instanceof Int32Array ? int32 : float32,
      TensorShape: shapeOf(sizes),
      TensorContent: bytesOf(data),
    })

  const list = (fields: Fields) => ({ List: fill(new pb.AttrValue.ListValue(), fields) })

  const fieldsOf = (attr: Attr): Fields => {
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
        return { S: bytes(attr.text) }
      case 'ints':
        return list({ IList: attr.ints })
      case 'texts':
        return list({ SList: attr.texts.map(bytes) })
      case 'shape':
        return { Shape: shapeOf(attr.shape) }
      case 'tensor':
        return { Tensor: tensorOf(attr.shape, attr.data) }
    }
  }

  const attrOf = (attr: Attr) => fill(new pb.AttrValue(), fieldsOf(attr))

  const nodeOf = ({ name, op, inputs, attrs, device = '' }: GraphNode) => {
    const node = fill(new pb.NodeDef(), { Name: name, Op: op, InputList: inputs, Device: device })
    put(node.getAttrMap(), mapped(attrOf, attrs))
    return node
  }

  const portOf = ({ ref, shape }: Port) =>
    fill(new pb.TensorInfo(), { Name: tensorName(ref), Dtype: float32, TensorShape: shapeOf(shape) })

  const signatureOf = ({ inputs, outputs }: Signature) => {
    const signature = fill(new pb.SignatureDef(), { MethodName: 'tensorflow/serving/predict' })
    put(signature.getInputsMap(), mapped(portOf, inputs))
    put(signature.getOutputsMap(), mapped(portOf, outputs))
    return signature
  }

  return ({ nodes, signatures = {} }: SavedGraph): Uint8Array => {
    const meta = fill(new pb.MetaGraphDef(), {
      MetaInfoDef: fill(new pb.MetaGraphDef.MetaInfoDef(), { TagsList: ['serve'] }),
      GraphDef: fill(new pb.GraphDef(), {
        NodeList: nodes.map(nodeOf),
        Versions: fill(new pb.VersionDef(), { Producer: producer }),
      }),
    })
    put(meta.getSignatureDefMap(), mapped(signatureOf, signatures))
    return fill(new pb.SavedModel(), { SavedModelSchemaVersion: 1, MetaGraphsList: [meta] }).serializeBinary()
  }
}

/** The content of `saved_model.pb`. Throws where `@tensorflow/tfjs-node-gpu` is not installed. */
export const savedModel = (graph: SavedGraph): Uint8Array => {
  const require = createRequire(import.meta.url)
  const pb = require('@tensorflow/tfjs-node-gpu/dist/proto/api_pb') as Messages // the package has no types for it
  return writing(pb)(graph)
}
