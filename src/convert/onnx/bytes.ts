/** Encodes an ONNX graph as a model file. */
import type { Shape } from '../../net/shape.js'
import { type Attr, type Constant, float32, type OnnxGraph, type OnnxNode, type Port } from './export/node.js'
import { encodeModel } from './schema.js'

/** The first version whose batch norm, sums and softmax are defined as they are here. */
const opset = 13
const irVersion = 7

/** Numbers of ONNX's element and attribute types. */
const elementTypes = [
  [Float32Array, float32],
  [Uint8Array, 2],
  [Int8Array, 3],
  [Int32Array, 6],
  [BigInt64Array, 7],
] as const
const attrTypes = { float: 1, int: 2, ints: 7 } as const

const attributeOf = ([name, attr]: readonly [string, Attr]) => {
  const type = attrTypes[attr._tag]
  switch (attr._tag) {
    case 'int':
      return { name, type, i: attr.int }
    case 'float':
      return { name, type, f: attr.float }
    case 'ints':
      return { name, type, ints: attr.ints }
  }
}

const nodeOf = ({ name, op, inputs, attrs, others = [] }: OnnxNode) => ({
  name,
  opType: op,
  input: inputs,
  output: [name, ...others],
  attribute: Object.entries(attrs).map(attributeOf),
})

const dataTypeOf = (data: Constant['data']): number =>
  elementTypes.find(([array]) => data instanceof array)?.[1] ?? 0

const tensorOf = ({ name, shape, data }: Constant) => ({
  name,
  dims: shape,
  dataType: dataTypeOf(data),
  rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
})

const shapeOf = (shape: Shape) => ({
  dim: shape.map(size => (size < 0 ? { dimParam: 'n' } : { dimValue: size })),
})

const portOf = ({ name, shape }: Port) => ({
  name,
  type: { tensorType: { elemType: float32, shape: shapeOf(shape) } },
})

export const onnxBytes = (
  { name, nodes, constants, inputs, outputs }: OnnxGraph,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array =>
  encodeModel({
    irVersion,
    opsetImport: [{ domain: '', version: opset }],
    producerName: 'espalier',
    graph: {
      name,
      node: nodes.map(nodeOf),
      initializer: constants.map(tensorOf),
      input: inputs.map(portOf),
      output: outputs.map(portOf),
    },
    metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
  })
