/** Messages on engines and on building the native one; `mend` is the fact's own advice. */
import type { Messages } from '../fact.js'

export const engineMessages = {
  UnknownEngine: ({ name }) => `engine ${name} is unknown; expected tensorflow, wasm or cpu`,
  EngineMissing: ({ engine, missing, mend }) => `engine ${engine}: ${missing}; try: ${mend}`,
  EngineFailed: ({ engine, reason }) => `engine ${engine} failed: ${reason}`,
  ToolMissing: ({ tool, tried, mend }) => `no ${tool} found (tried ${tried.join(', ')}); ${mend}`,
  PackageMissing: ({ name, mend }) => `package ${name} is not installed; ${mend}`,
  NoWheel: ({ platform, mend }) => `TensorFlow has no known wheel for ${platform}; ${mend}`,
  DownloadRefused: ({ requirement, reason, mend }) =>
    `${requirement} could not be downloaded: ${reason}; ${mend}`,
  ChecksumMismatch: ({ file, got, mend }) =>
    `${file}: expected one of the pinned sha256 checksums, got ${got}; ${mend}`,
  WheelBroken: ({ file, reason, mend }) => `${file} cannot be unpacked: ${reason}; ${mend}`,
  NotTensorFlow: ({ folder, lacks, mend }) =>
    `${folder}: expected TensorFlow's folder, got one without ${lacks}; ${mend}`,
  CompileFailed: ({ compiler, reason, mend }) => `${compiler} failed: ${reason}; ${mend}`,
  LoadFailed: ({ file, reason, mend }) => `${file} does not load: ${reason}; ${mend}`,
  TrialFailed: ({ file, expected, got }) =>
    `${file} computes wrongly: expected the gradient ${expected.join(', ')}, got ${got.join(', ')}; try npm run engine again`,
  CacheUnwritable: ({ folder, reason, mend }) => `${folder} cannot be written: ${reason}; ${mend}`,
} satisfies Partial<Messages>
