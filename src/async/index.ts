/** The edge for code written with `await`: effects as promises, failures as errors that read as prose. */
export { type LoadOptions, load, type PredictOptions, predict, save } from './model.js'
export { EspalierError, reportFailure, run } from './run.js'
export { type Context, type ContextOptions, withContext } from './with-context.js'
