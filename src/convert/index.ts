/** Exports models to other runtimes, and imports models of Keras and TensorFlow.js. */

export type { BadFile } from '../io/error.js'
export type {
  ExportError,
  FileFigures,
  FilesMeasured,
  FoundFormat,
  ImportError,
  ImportNote,
  LayerDropped,
  NormaliserLifted,
  NormsFolded,
  NotATreeReason,
  NotChecked,
  OpsetDiffers,
  RoundingDropped,
  RuntimeAgrees,
  WeightsMeasured,
} from './error.js'
export { type EncodeOptions, type ExportOptions, encodeModel, exportModel } from './export.js'
export { importModel } from './import.js'
export { type Input, inputs, type Serving } from './input.js'
export { type Imported, readKerasFile, readKerasModel } from './keras/import/read.js'
export type { ModelFault, ModelFileError, NotAModel } from './model-file.js'
export type { Precision } from './onnx/export/model.js'
export { type OnnxOptions, readOnnxFile, readOnnxModel } from './onnx/import/read.js'
export { compareFiles } from './onnx/quantise/accuracy.js'
export { type Activations, type ActivationType, activationTypes } from './onnx/quantise/activations.js'
export {
  type MeasureResources,
  measureRanges,
  type ProductRanges,
  type Range,
  type Ranges,
} from './onnx/quantise/ranges.js'
export { roundKernels, type WeightType, weightTypes } from './quantise.js'
export { type File, type Target, targets } from './target.js'
