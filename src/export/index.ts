/** Models leave as files other runtimes read. */
export type { ExportError } from './error.js'
export { encodeModel, exportModel } from './export.js'
export { type File, type Target, targets } from './target.js'
