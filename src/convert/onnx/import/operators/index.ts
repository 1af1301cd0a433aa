/** The table of supported ONNX operators. */
import { unary } from '../fold.js'
import type { Operator } from '../site.js'
import { activate, activations, softmax } from './activation.js'
import { binary, variadicSum } from './arithmetic.js'
import { concat } from './concat.js'
import { constant, onConstant } from './constant.js'
import { conv } from './convolution.js'
import { gemm, matMul } from './dense.js'
import { dropout } from './dropout.js'
import { batchNorm, layerNorm } from './norm.js'
import { pad } from './pad.js'
import { globalPool, pool, reduce, reduceSum } from './pool.js'
import { dequantizeLinear, quantizeLinear } from './quantise.js'
import {
  cast,
  constantOfShape,
  expand,
  flatten,
  reshape,
  same,
  shape,
  squeeze,
  transpose,
  unsqueeze,
} from './shape.js'
import { gather, rangeOf, slice, split } from './slice.js'

const table: Readonly<Record<string, Operator>> = {
  Conv: conv,
  Gemm: gemm,
  MatMul: matMul,
  BatchNormalization: batchNorm,
  LayerNormalization: layerNorm,
  MaxPool: pool('max'),
  AveragePool: pool('avg'),
  Pad: pad,
  GlobalMaxPool: globalPool('max'),
  GlobalAveragePool: globalPool('avg'),
  ReduceMax: reduce('max'),
  ReduceMean: reduce('avg'),
  ReduceSum: reduceSum,
  ...Object.fromEntries(
    Object.entries(activations).map(([name, activationOf]) => [name, activate(activationOf)]),
  ),
  Add: binary,
  Sub: binary,
  Mul: binary,
  Div: binary,
  Sum: variadicSum,
  Concat: concat,
  Split: split,
  Slice: slice,
  Gather: gather,
  Reshape: reshape,
  Flatten: flatten,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Transpose: transpose,
  Identity: same,
  Cast: cast,
  Shape: shape,
  Expand: expand,
  ConstantOfShape: constantOfShape,
  Range: rangeOf,
  Constant: constant,
  QuantizeLinear: quantizeLinear,
  DequantizeLinear: dequantizeLinear,
  Dropout: dropout,
  Softmax: softmax,
  LogSoftmax: softmax,
  Min: binary,
  Max: binary,
  Pow: binary,
  ...Object.fromEntries(Object.entries(unary).map(([name, operate]) => [name, onConstant(operate)])),
}

/** The reader of an operator; undefined for one that is not supported. */
export const operatorOf = (name: string): Operator | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined

/** Operators of which a model may have any number; those of constants alone are left out. */
export const supportedOperators: readonly string[] = Object.keys(table)
  .filter(name => !Object.hasOwn(unary, name) && !['Pow', 'Range', 'ConstantOfShape'].includes(name))
  .toSorted()
