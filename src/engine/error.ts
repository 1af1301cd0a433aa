/** Errors of installing an engine, as facts; `report/text/messages` renders them. */
export type { EngineError } from './engine.js'

/** Why there is no native engine. `mend` is a command or setting to try. */
export type NativeError =
  /** A program that is not on the PATH; `tried` are its possible names. */
  | {
      readonly _tag: 'ToolMissing'
      readonly tool: 'compiler' | 'python' | 'pip'
      readonly tried: readonly string[]
      readonly mend: string
    }
  /** An npm package that is not installed. */
  | { readonly _tag: 'PackageMissing'; readonly name: string; readonly mend: string }
  /** There is no pinned wheel for this machine. */
  | { readonly _tag: 'NoWheel'; readonly platform: string; readonly mend: string }
  | {
      readonly _tag: 'DownloadRefused'
      readonly requirement: string
      readonly reason: string
      readonly mend: string
    }
  | {
      readonly _tag: 'ChecksumMismatch'
      readonly file: string
      /** Any of these. */
      readonly expected: readonly string[]
      readonly got: string
      readonly mend: string
    }
  /** A wheel that cannot be unpacked. */
  | { readonly _tag: 'WheelBroken'; readonly file: string; readonly reason: string; readonly mend: string }
  /** A folder without a complete TensorFlow. */
  | { readonly _tag: 'NotTensorFlow'; readonly folder: string; readonly lacks: string; readonly mend: string }
  /** `reason` is the compiler's first error. */
  | {
      readonly _tag: 'CompileFailed'
      readonly compiler: string
      readonly reason: string
      readonly mend: string
    }
  | { readonly _tag: 'LoadFailed'; readonly file: string; readonly reason: string; readonly mend: string }
  /** It runs, but computes a wrong gradient. */
  | {
      readonly _tag: 'TrialFailed'
      readonly file: string
      readonly expected: readonly number[]
      readonly got: readonly number[]
    }
  | {
      readonly _tag: 'CacheUnwritable'
      readonly folder: string
      readonly reason: string
      readonly mend: string
    }
