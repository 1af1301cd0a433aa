/** What runs graphs: TensorFlow, wasm, and a slow reference; loaded when asked for. */
export { defaultEngine, openEngine } from './choose.js'
export { type Diagnosis, diagnose } from './doctor.js'
export type { Engine, EngineError, EngineName, Feeds, Fetched, Session } from './engine.js'
export type { NativeError } from './error.js'
