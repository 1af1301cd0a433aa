/** What runs graphs: TensorFlow, wasm, and the cpu engine, a slow reference; loaded when asked for. */

export type { Share } from '../io/share.js'
export type { ClusterError } from './cluster/error.js'
export { type Diagnosis, diagnose, type TrialResult } from './doctor.js'
export type { Engine, EngineError, EngineName, Feeds, Fetched, Session } from './engine.js'
export type { NativeError } from './error.js'
export type { Card, GpuDiagnosis } from './gpu.js'
export { defaultEngine, enginesOf, openEngine } from './open.js'
export type { CallToProfile, KindTime, OperationTime } from './profile.js'
export type {
  BuiltNative,
  Facts as NativeFacts,
  Native,
  NativeFiles,
  StockNative,
} from './tensorflow/install/cache.js'
export type { Answer } from './tensorflow/install/trial.js'
