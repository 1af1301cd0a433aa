/** ONNX: images with channels last, transposed once to channels first; batch norms folded where possible. */
import type { Model } from '../../net/weights.js'
import type { Description } from '../description.js'
import { openBatch, type ServedModel, servedModel } from '../served-model.js'
import type { File } from '../target.js'
import { onnxBytes } from './bytes.js'
import { emit } from './emit.js'
import type { OnnxGraph } from './node.js'
import type { Operand } from './operand.js'
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

/**
 * A model as one ONNX file, opset 13. The metadata describes its input.
 *
 * Shapes  images [n, height, width, channels] → logits [n, classes], probabilities [n, classes], for any n
 */
export const toOnnx = (model: Model, description: Description | null = null): readonly File[] => {
  const graph = graphOf(model.net.name, servedModel(model, { wholeGroups: true }))
  return [{ name: 'model.onnx', bytes: onnxBytes(graph, metadataOf(description)) }]
}
