/** ONNX: one file, of 32-bit numbers or of 8-bit ones; batch norms are folded where possible. */
import type { Model } from '../../../net/weights.js'
import type { Description } from '../../description.js'
import { roundKernels, type WeightType } from '../../quantise.js'
import { servedModel } from '../../served-model.js'
import type { File } from '../../target.js'
import { onnxBytes } from '../bytes.js'
import type { Activations } from '../quantise/activations.js'
import { quantiseCalibrated } from '../quantise/calibrated.js'
import { quantiseDynamically } from '../quantise/dynamic.js'
import { quantiseWeights } from '../quantise/weights.js'
import { emitServed } from './graph.js'
import type { OnnxGraph } from './node.js'

const metadataOf = (description: Description | null): Readonly<Record<string, string>> =>
  description === null ? {} : { preprocessing: JSON.stringify(description) }

const graphFor = (model: Model): OnnxGraph =>
  emitServed(model.net.name, servedModel(model, { wholeGroups: true })).graph

const quantised = (model: Model, activations: Activations): OnnxGraph => {
  const graph = graphFor(roundKernels(model))
  if (activations === 'float32') return quantiseWeights(graph)
  return activations === 'dynamic' ? quantiseDynamically(graph) : quantiseCalibrated(activations)(graph)
}

/** How numbers are stored and computed. */
export interface Precision {
  /** How kernels are stored; by default `float32`. */
  readonly weights?: WeightType
  /** With kernels of `int8`, how the values between layers are; by default `float32`. */
  readonly activations?: Activations
}

/**
 * A model as one ONNX file, opset 13. The metadata describes its input. Weights of `int8` are kernels alone, a fourth of the
 * bytes. They are rounded before batch norms are folded into them, so that a value between two steps goes to the same one as
 * in `roundKernels`.
 *
 * Shapes  images [n, height, width, channels] → logits [n, classes], probabilities [n, classes], for any n
 */
export const toOnnx = (
  model: Model,
  description: Description | null = null,
  { weights = 'float32', activations = 'float32' }: Precision = {},
): readonly File[] => {
  const graph = weights === 'int8' ? quantised(model, activations) : graphFor(model)
  return [{ name: 'model.onnx', bytes: onnxBytes(graph, metadataOf(description)) }]
}
