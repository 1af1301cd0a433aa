/** Models leave as files other runtimes read, and come in from TensorFlow.js. */
export type { ExportError, ImportError } from './error.js'
export { encodeModel, exportModel } from './export.js'
export { readLayersModel } from './layers/read.js'
export { type File, type Target, targets } from './target.js'
