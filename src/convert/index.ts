/** Exports models to other runtimes, and imports LayersModels of TensorFlow.js. */

export type { BadFile } from '../io/error.js'
export type { ExportError, FoundFormat, ImportError, NotATreeReason } from './error.js'
export { type ExportOptions, encodeModel, exportModel } from './export.js'
export { type Input, inputs, type Serving } from './input.js'
export { readLayersFile, readLayersModel } from './keras/import/read.js'
export type { ModelFault, ModelFileError, NotAModel } from './model-file.js'
export { type File, type Target, targets } from './target.js'
