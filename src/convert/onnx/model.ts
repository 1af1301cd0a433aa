/** ONNX: images with channels last, transposed once to channels first; batch norms folded where possible. */
import type { Model } from '../../net/weights.js'
import type { Description } from '../description.js'
import { roundKernels, type WeightType } from '../quantise.js'
import { openBatch, type ServedModel, servedModel } from '../served-model.js'
import type { File } from '../target.js'
import { onnxBytes } from './bytes.js'
import { emit } from './emit.js'
import type { OnnxGraph } from './node.js'
import type { Operand } from './operand.js'
import { quantiseWeights } from './quantise-weights.js'
import { writer } from './writer.js'

const graphOf = (name: string, { images, outputs, values, weights, layerOf }: ServedModel): OnnxGraph => {
  const write = writer(['images', ...Object.keys(outputs)])
  const operands = emit(write, { weights, layerOf })(values)
  const ends = Object.entries(outputs).map(([end, value]) => {
    const operand = operands.get(value) as Operand // every value was emitted
    return { end, ref: operand.ref(), shape: openBatch(value.shape) }
  })
  return {
    name,
    nodes: [
      ...write.nodes(),
      ...ends.map(({ end, ref }) => ({ name: end, op: 'Identity', inputs: [ref], attrs: {} })),
    ],
    constants: write.constants(),
    inputs: [{ name: 'images', shape: openBatch(images.shape) }],
    outputs: ends.map(({ end, shape }) => ({ name: end, shape })),
  }
}

const metadataOf = (description: Description | null): Readonly<Record<string, string>> =>
  description === null ? {} : { preprocessing: JSON.stringify(description) }

const graphFor = (model: Model): OnnxGraph =>
  graphOf(model.net.name, servedModel(model, { wholeGroups: true }))

/**
 * A model as one ONNX file, opset 13. The metadata describes its input. Weights of `int8` are kernels alone, a fourth of the
 * bytes; what is computed stays float32. They are rounded before batch norms are folded into them, so that a value between
 * two steps goes to the same one as in `roundKernels`.
 *
 * Shapes  images [n, height, width, channels] → logits [n, classes], probabilities [n, classes], for any n
 */
export const toOnnx = (
  model: Model,
  description: Description | null = null,
  weights: WeightType = 'float32',
): readonly File[] => {
  const graph = weights === 'int8' ? quantiseWeights(graphFor(roundKernels(model))) : graphFor(model)
  return [{ name: 'model.onnx', bytes: onnxBytes(graph, metadataOf(description)) }]
}
