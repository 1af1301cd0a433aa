/**
 * The ONNX messages and fields that an export uses.
 * Source  onnx.proto3 of ONNX 1.8 (IR version 7), field numbers and types
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
    }),
    Attribute: message({
      name: [1, 'string'],
      f: [2, 'float'],
      i: [3, 'int64'],
      ints: [8, 'int64', 'repeated'],
      type: [20, 'int32'],
    }),
    Tensor: message({
      dims: [1, 'int64', 'repeated'],
      dataType: [2, 'int32'],
      name: [8, 'string'],
      rawData: [9, 'bytes'],
    }),
    ValueInfo: message({ name: [1, 'string'], type: [2, 'Type'] }),
    Type: message({ tensorType: [1, 'TensorType'] }),
    TensorType: message({ elemType: [1, 'int32'], shape: [2, 'Shape'] }),
    Shape: message({ dim: [1, 'Dim', 'repeated'] }),
    Dim: message({ dimValue: [1, 'int64'], dimParam: [2, 'string'] }),
  },
})

const model = root.lookupType('Model')

/** The bytes of a model message. */
export const encodeModel = (fields: Readonly<Record<string, unknown>>): Uint8Array =>
  model.encode(model.fromObject(fields)).finish()
