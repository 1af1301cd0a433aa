/** What a least-squares fit of a layer's kernel needs: products of the inputs it reads, and of the outputs it should give. */
import type { Graph, Value, Window } from '../../graph/graph.js'
import * as op from '../../graph/operations.js'
import { sizeOf } from '../../net/shape.js'
import type { Conv, Dense } from '../../net/tree.js'
import { sidesOf } from '../../net/window.js'

/** A layer whose kernel is fitted. */
export type Consumer = Conv | Dense

/** The input of a consumer in the pruned net, and the input and kernel of the same layer in the whole net. */
export interface ConsumerInputs {
  readonly pruned: Value
  readonly whole: Value
  readonly kernel: Value
}

/** Positions along one side of a map that are looked at: neighbours say nearly the same. */
const positionsAside = 8

/** The window of a convolution, with a stride that skips positions of a large map. */
export const sampledWindow = ({ stride, dilation, padding }: Conv, side: number): Window => {
  const skipping = (step: number): number => step * Math.max(1, Math.floor(side / step / positionsAside))
  const [down, across] = sidesOf(stride)
  return { stride: [skipping(down), skipping(across)], dilation, padding }
}

const convProducts = (layer: Conv, { pruned, whole, kernel }: ConsumerInputs): Graph['outputs'] => {
  const window = sampledWindow(layer, Math.min(...pruned.shape.slice(1, 3)))
  const [height = 1, width = 1, , filters = 1] = kernel.shape
  const channels = pruned.shape[3] ?? 1
  const size = height * width * channels
  const unfold = op.reshape(op.eye(size), [height, width, channels, size])
  const patches = op.conv(pruned, unfold, window)
  const outputs = op.conv(whole, kernel, window)
  return {
    gram: op.convKernel(patches, pruned, unfold, window),
    cross: op.convKernel(outputs, pruned, op.zeros([height, width, channels, filters]), window),
    inputs: op.sum(patches, [0, 1, 2]),
    outputs: op.sum(outputs, [0, 1, 2]),
    positions: op.constant(sizeOf(patches.shape.slice(0, 3))),
  }
}

const denseProducts = ({ pruned, whole, kernel }: ConsumerInputs): Graph['outputs'] => {
  const outputs = op.matmul(whole, kernel)
  return {
    gram: op.matmul(pruned, pruned, { transposeA: true }),
    cross: op.matmul(pruned, outputs, { transposeA: true }),
    inputs: op.sum(pruned, [0]),
    outputs: op.sum(outputs, [0]),
    positions: op.constant(pruned.shape[0] ?? 1),
  }
}

/**
 * One batch's sums over images and positions: XᵀX, XᵀY, ΣX, ΣY and how many positions there were. X are the unrolled
 * inputs of the layer in the pruned net, Y its products in the whole net, before bias and norm.
 */
export const gramOf = (layer: Consumer, inputs: ConsumerInputs): Graph => ({
  outputs: layer._tag === 'conv' ? convProducts(layer, inputs) : denseProducts(inputs),
  updates: [],
})
