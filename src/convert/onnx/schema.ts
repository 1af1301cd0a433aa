/**
 * The ONNX messages and fields that exports and imports use.
 * Source  onnx.proto3 of ONNX 1.18 (IR version 11), field numbers and types
 */
import protobuf from 'protobufjs/light.js'

type FieldOf = readonly [id: number, type: string, rule?: 'repeated']

const message = (fields: Readonly<Record<string, FieldOf>>) => ({
  fields: Object.fromEntries(
    Object.entries(fields).map(([name, [id, type, rule]]) => [
      name,
      { id, type, ...(rule !== undefined && { rule }) },
    ]),
  ),
})

const root = protobuf.Root.fromJSON({
  nested: {
    Model: message({
      irVersion: [1, 'int64'],
      opsetImport: [8, 'OperatorSet', 'repeated'],
      producerName: [2, 'string'],
      graph: [7, 'Graph'],
      metadataProps: [14, 'Property', 'repeated'],
    }),
    Property: message({ key: [1, 'string'], value: [2, 'string'] }),
    OperatorSet: message({ domain: [1, 'string'], version: [2, 'int64'] }),
    Graph: message({
      node: [1, 'Node', 'repeated'],
      name: [2, 'string'],
      initializer: [5, 'Tensor', 'repeated'],
      input: [11, 'ValueInfo', 'repeated'],
      output: [12, 'ValueInfo', 'repeated'],
    }),
    Node: message({
      input: [1, 'string', 'repeated'],
      output: [2, 'string', 'repeated'],
      name: [3, 'string'],
      opType: [4, 'string'],
      attribute: [5, 'Attribute', 'repeated'],
      domain: [7, 'string'],
      metadataProps: [9, 'Property', 'repeated'],
    }),
    Attribute: message({
      name: [1, 'string'],
      f: [2, 'float'],
      i: [3, 'int64'],
      s: [4, 'bytes'],
      t: [5, 'Tensor'],
      floats: [7, 'float', 'repeated'],
      ints: [8, 'int64', 'repeated'],
      type: [20, 'int32'],
    }),
    Tensor: message({
      dims: [1, 'int64', 'repeated'],
      dataType: [2, 'int32'],
      floatData: [4, 'float', 'repeated'],
      int32Data: [5, 'int32', 'repeated'],
      int64Data: [7, 'int64', 'repeated'],
      name: [8, 'string'],
      rawData: [9, 'bytes'],
      doubleData: [10, 'double', 'repeated'],
      externalData: [13, 'Property', 'repeated'],
      dataLocation: [14, 'int32'],
    }),
    ValueInfo: message({ name: [1, 'string'], type: [2, 'Type'] }),
    Type: message({ tensorType: [1, 'TensorType'] }),
    TensorType: message({ elemType: [1, 'int32'], shape: [2, 'Shape'] }),
    Shape: message({ dim: [1, 'Dim', 'repeated'] }),
    Dim: message({ dimValue: [1, 'int64'], dimParam: [2, 'string'] }),
  },
})

const model = root.lookupType('Model')

/**
 * The fields of a model message, absent ones with their defaults, int64 as numbers. Throws where the bytes are none.
 * Bytes of tensors are views of the file's.
 */
export const decodeMessage = (bytes: Uint8Array): Readonly<Record<string, unknown>> =>
  model.toObject(model.decode(bytes), { defaults: true, longs: Number })

/** The bytes of a model message. */
export const encodeModel = (fields: Readonly<Record<string, unknown>>): Uint8Array =>
  model.encode(model.fromObject(fields)).finish()
