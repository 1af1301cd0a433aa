/** ONNX files written by hand: nodes, weights, ports. */
import { encodeModel } from '../../src/convert/onnx/schema.js'

type Attribute = number | string | readonly number[] | { readonly float: number }

export interface TensorOf {
  readonly name?: string
  readonly dims: readonly number[]
  readonly dataType?: number
  readonly floatData?: readonly number[]
  readonly [field: string]: unknown
}

export interface NodeOf {
  readonly op: string
  readonly from: readonly string[]
  readonly to?: readonly string[]
  readonly name?: string
  readonly domain?: string
  readonly with?: Readonly<Record<string, Attribute>>
}

export interface FileOf {
  readonly nodes: readonly NodeOf[]
  readonly weights?: Readonly<Record<string, TensorOf>>
  /** By default 2 × 3 × 6 × 5. */
  readonly input?: readonly (number | string)[]
  readonly outputs?: readonly string[]
  readonly opset?: number
}

const attributeOf = ([name, value]: readonly [string, Attribute]) => {
  if (typeof value === 'string') return { name, s: new TextEncoder().encode(value), type: 3 }
  if (typeof value === 'number') return { name, i: value, type: 2 }
  return 'float' in value ? { name, f: value.float, type: 1 } : { name, ints: value, type: 7 }
}

const portOf = (name: string, sizes: readonly (number | string)[]) => ({
  name,
  type: {
    tensorType: {
      elemType: 1,
      shape: { dim: sizes.map(size => (typeof size === 'number' ? { dimValue: size } : { dimParam: size })) },
    },
  },
})

/** A tensor of float32 numbers between −0.5 and 0.5, the same for the same sizes. */
export const weight = (...dims: readonly number[]): TensorOf => ({
  dims,
  dataType: 1,
  floatData: Array.from(
    { length: dims.reduce((a, b) => a * b, 1) },
    (_, i) => ((i * 37 + dims.length * 11) % 101) / 101 - 0.5,
  ),
})

/** A tensor of int64 numbers. */
export const integers = (...values: readonly number[]): TensorOf => ({
  dims: [values.length],
  dataType: 7,
  int64Data: values,
})

/** A tensor of one float32 number. */
export const number = (value: number): TensorOf => ({ dims: [], dataType: 1, floatData: [value] })

/** A file; a node without outputs gives the next tensor, `t1`, `t2`, …, and the last of them is the output. */
export const onnxFile = ({
  nodes,
  weights = {},
  input = [2, 3, 6, 5],
  outputs = [`t${nodes.length}`],
  opset = 17,
}: FileOf): Uint8Array =>
  encodeModel({
    irVersion: 8,
    opsetImport: [{ domain: '', version: opset }],
    graph: {
      name: 'by hand',
      node: nodes.map(({ op, from, to, name, domain, with: attributes = {} }, nth) => ({
        opType: op,
        name: name ?? `${op}${nth + 1}`,
        domain: domain ?? '',
        input: from,
        output: to ?? [`t${nth + 1}`],
        attribute: Object.entries(attributes).map(attributeOf),
      })),
      initializer: Object.entries(weights).map(([name, tensor]) => ({ name, ...tensor })),
      input: [portOf('x', input)],
      output: outputs.map(name => ({ name })),
    },
  })
