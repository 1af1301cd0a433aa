/**
 * The messages of TensorFlow that a graph is written as.
 * Source  saved_model.proto, meta_graph.proto, graph.proto, node_def.proto, attr_value.proto and tensor.proto of TensorFlow
 *         2.20 and those they import, field numbers and types
 */
import protobuf from 'protobufjs/light.js'

type Fields = Readonly<Record<string, protobuf.IField>>

const message = (fields: Fields) => ({ fields: { ...fields } })

const one = (id: number, type: string): protobuf.IField => ({ id, type })

const several = (id: number, type: string): protobuf.IField => ({ id, type, rule: 'repeated' })

/** A message that has one of these fields, which is written even where it is 0, false or empty. */
const oneOf = (fields: Fields) => ({ ...message(fields), oneofs: { value: { oneof: Object.keys(fields) } } })

/** By name. */
const named = (id: number, type: string): protobuf.IMapField => ({ id, type, keyType: 'string' })

const root = protobuf.Root.fromJSON({
  nested: {
    SavedModel: message({
      savedModelSchemaVersion: one(1, 'int64'),
      metaGraphs: several(2, 'MetaGraphDef'),
    }),
    MetaGraphDef: message({
      metaInfoDef: one(1, 'MetaInfoDef'),
      graphDef: one(2, 'GraphDef'),
      signatureDef: named(5, 'SignatureDef'),
    }),
    MetaInfoDef: message({ tags: several(4, 'string') }),
    SignatureDef: message({
      inputs: named(1, 'TensorInfo'),
      outputs: named(2, 'TensorInfo'),
      methodName: one(3, 'string'),
    }),
    TensorInfo: message({
      name: one(1, 'string'),
      dtype: one(2, 'int32'),
      tensorShape: one(3, 'TensorShapeProto'),
    }),
    GraphDef: message({ node: several(1, 'NodeDef'), versions: one(4, 'VersionDef') }),
    VersionDef: message({ producer: one(1, 'int32') }),
    NodeDef: message({
      name: one(1, 'string'),
      op: one(2, 'string'),
      input: several(3, 'string'),
      device: one(4, 'string'),
      attr: named(5, 'AttrValue'),
    }),
    AttrValue: oneOf({
      list: one(1, 'ListValue'),
      s: one(2, 'bytes'),
      i: one(3, 'int64'),
      f: one(4, 'float'),
      b: one(5, 'bool'),
      type: one(6, 'int32'),
      shape: one(7, 'TensorShapeProto'),
      tensor: one(8, 'TensorProto'),
    }),
    ListValue: message({ s: several(2, 'bytes'), i: several(3, 'int64') }),
    TensorProto: message({
      dtype: one(1, 'int32'),
      tensorShape: one(2, 'TensorShapeProto'),
      tensorContent: one(4, 'bytes'),
    }),
    TensorShapeProto: message({ dim: several(2, 'Dim') }),
    Dim: message({ size: one(1, 'int64') }),
  },
})

/** Plain records by the names of fields. */
export type Message = Readonly<Record<string, unknown>>

/** The bytes of a message of this type. */
export const encodeMessage = (type: 'SavedModel' | 'GraphDef', fields: Message): Uint8Array =>
  root.lookupType(type).encode(fields).finish()
