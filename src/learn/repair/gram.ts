/** What a least-squares fit of a layer's kernel needs: products of the inputs it reads, and of what they do not explain. */
import type { Graph, Value, Window } from '../../graph/graph.js'
import * as op from '../../graph/operations.js'
import { channelsOf, sizeOf } from '../../net/shape.js'
import type { Conv, Dense } from '../../net/tree.js'
import { sidesOf } from '../../net/window.js'

/** A layer whose kernel is fitted. */
export type Consumer = Conv | Dense

/** The input and kernel of a consumer in the pruned net, and those of the same layer in the whole net. */
export interface ConsumerInputs {
  readonly pruned: Value
  readonly kernel: Value
  readonly whole: Value
  /** With the outputs that the layer still has. */
  readonly wholeKernel: Value
}

/**
 * X [positions, inputs], the unrolled inputs in the pruned net, and R [positions, outputs], what the kernel leaves of
 * the outputs in the whole net.
 */
interface Rows {
  readonly inputs: Value
  readonly residuals: Value
}

/** Positions along one side of a map that are looked at: neighbours say nearly the same. */
const positionsAside = 8

/** The window of a convolution, with a stride that skips positions of a large map. */
export const sampledWindow = ({ stride, dilation, padding }: Conv, side: number): Window => {
  const skipping = (step: number): number => step * Math.max(1, Math.floor(side / step / positionsAside))
  const [down, across] = sidesOf(stride)
  return { stride: [skipping(down), skipping(across)], dilation, padding }
}

/** [batch, height, width, channels] → [positions, channels] */
const toRows = (map: Value): Value => op.reshape(map, [sizeOf(map.shape.slice(0, -1)), channelsOf(map.shape)])

/**
 * Each place of a kernel picked from its window: a depthwise convolution with 1 there.
 *
 * Shapes  [batch, h, w, places · channels]
 */
const unrollWindows = (map: Value, [height = 1, width = 1]: readonly number[], window: Window): Value => {
  const places = height * width
  const channels = channelsOf(map.shape)
  const pick = (place: number): Value =>
    op.broadcast(op.reshape(op.slice(op.eye(places), place, 1), [height, width, 1, 1]), [
      height,
      width,
      channels,
      1,
    ])
  return op.concat(Array.from({ length: places }, (_, place) => op.depthwise(map, pick(place), window)))
}

const convRows = (layer: Conv, { pruned, kernel, whole, wholeKernel }: ConsumerInputs): Rows => {
  const window = sampledWindow(layer, Math.min(...pruned.shape.slice(1, 3)))
  return {
    inputs: toRows(unrollWindows(pruned, kernel.shape, window)),
    residuals: toRows(op.sub(op.conv(whole, wholeKernel, window), op.conv(pruned, kernel, window))),
  }
}

const rowsOf = (layer: Consumer, inputs: ConsumerInputs): Rows =>
  layer._tag === 'conv'
    ? convRows(layer, inputs)
    : {
        inputs: inputs.pruned,
        residuals: op.sub(
          op.matmul(inputs.whole, inputs.wholeKernel),
          op.matmul(inputs.pruned, inputs.kernel),
        ),
      }

/** One batch's sums over positions: XᵀX, XᵀR, ΣX, ΣR and how many positions there were. */
const sumsByInput = ({ inputs, residuals }: Rows): Graph['outputs'] => ({
  gram: op.matmul(inputs, inputs, { transposeA: true }),
  cross: op.matmul(inputs, residuals, { transposeA: true }),
  inputs: op.sum(inputs, [0]),
  residuals: op.sum(residuals, [0]),
  positions: op.constant(inputs.shape[0] ?? 1),
})

/** X and R, their means over positions, and XXᵀ; X and R less their means where the layer has a constant. */
const productsByPosition = ({ inputs, residuals }: Rows, hasIntercept: boolean): Graph['outputs'] => {
  const means = { inputMeans: op.mean(inputs, [0]), residualMeans: op.mean(residuals, [0]) }
  const x = hasIntercept ? op.sub(inputs, means.inputMeans) : inputs
  const r = hasIntercept ? op.sub(residuals, means.residualMeans) : residuals
  return { gram: op.matmul(x, x, { transposeB: true }), inputs: x, residuals: r, ...means }
}

/** Xᵀ·coefficients, of X as `productsByPosition` gave it. */
const changeGraph = ({ inputs, residuals }: Rows): Graph => ({
  outputs: {
    change: op.matmul(op.input('inputs', inputs.shape), op.input('coefficients', residuals.shape), {
      transposeA: true,
    }),
  },
  updates: [],
})

/**
 * What a fit needs of a batch. `byInput`: sums, to which those of other batches are added. `byPosition`: products of all
 * positions with each other, fewer where one batch is all there is and has fewer positions than the layer has inputs;
 * `change` is then the call that turns a solution by position into a change of the kernel.
 */
export type GramCall =
  | { readonly _tag: 'byInput'; readonly graph: Graph }
  | { readonly _tag: 'byPosition'; readonly graph: Graph; readonly change: Graph }

/**
 * X are the unrolled inputs of the layer in the pruned net, R its products in the whole net less those now, before bias
 * and norm.
 */
export const gramOf = (
  layer: Consumer,
  inputs: ConsumerInputs,
  { isOnlyBatch, hasIntercept }: { readonly isOnlyBatch: boolean; readonly hasIntercept: boolean },
): GramCall => {
  const rows = rowsOf(layer, inputs)
  const [positions = 1, width = 1] = rows.inputs.shape
  if (!isOnlyBatch || positions >= width)
    return { _tag: 'byInput', graph: { outputs: sumsByInput(rows), updates: [] } }
  const graph = { outputs: productsByPosition(rows, hasIntercept), updates: [] }
  return { _tag: 'byPosition', graph, change: changeGraph(rows) }
}
