/** The emitter of every operation. The compiler keeps the table complete. */
import type { Kind } from '../../../graph/graph.js'
import * as channelwise from './channelwise.js'
import * as copies from './copy.js'
import * as elementwise from './elementwise.js'
import { type Emitter, nothing } from './emitter.js'
import { eye, inverse, largest } from './matrix.js'
import * as products from './products.js'
import * as rows from './rows.js'
import { sum } from './sum.js'
import * as update from './update.js'

export const emitters: { readonly [K in Kind]: Emitter<K> } = {
  input: nothing,
  weight: ({ value, output, variables }) => copies.copy(value.shape, variables, output),
  constant: nothing,
  part: nothing,
  eye,
  conv: products.conv,
  convInput: products.convInput,
  convKernel: products.convKernel,
  depthwise: channelwise.depthwise,
  depthwiseInput: channelwise.depthwiseInput,
  depthwiseKernel: channelwise.depthwiseKernel,
  matmul: products.matmul,
  batchNorm: rows.batchNorm,
  batchNormGrad: rows.batchNormGrad,
  normalise: rows.normalise,
  maxPool: rows.maxPool,
  maxPoolGrad: rows.maxPoolGrad,
  avgPool: rows.avgPool,
  avgPoolGrad: rows.avgPoolGrad,
  relu: elementwise.unary('relu'),
  relu6: elementwise.unary('relu6'),
  sigmoid: elementwise.unary('sigmoid'),
  tanh: elementwise.unary('tanh'),
  erf: elementwise.unary('erf'),
  exp: elementwise.unary('exp'),
  log: elementwise.unary('log'),
  sqrt: elementwise.unary('sqrt'),
  square: elementwise.unary('square'),
  abs: elementwise.unary('abs'),
  sign: elementwise.unary('sign'),
  neg: elementwise.unary('neg'),
  reluGrad: elementwise.binary('reluGrad'),
  relu6Grad: elementwise.binary('relu6Grad'),
  add: elementwise.binary('add'),
  sub: elementwise.binary('sub'),
  mul: elementwise.binary('mul'),
  div: elementwise.binary('div'),
  minimum: elementwise.binary('minimum'),
  maximum: elementwise.binary('maximum'),
  greater: elementwise.binary('greater'),
  sum,
  reshape: ({ value, inputs, output }) => copies.copy(value.inputs[0]?.shape ?? [], inputs, output),
  stop: ({ value, inputs, output }) => copies.copy(value.shape, inputs, output),
  allReduce: ({ value, inputs, output }) => copies.copy(value.shape, inputs, output),
  slice: ({ value, inputs, output }) => copies.slice(value, inputs, output),
  shuffle: copies.shuffle,
  broadcast: elementwise.broadcast,
  concat: copies.concat,
  softmax: rows.softmax,
  crossEntropy: rows.crossEntropy,
  inverse,
  largest,
  assign: update.assign,
  average: update.average,
  momentum: update.momentum,
  adam: update.adam,
}
