/** Messages on engines and on building the native one; `mend` is the fact's own advice. */
import { commandText } from '../../../io/text/command-text.js'
import type { Messages } from '../fact.js'

/** Of a process on another machine that no longer answers. */
const silence = 'expected a sign of life, got none: it has ended, hangs, or cannot be reached'

export const engineMessages = {
  UnknownEngine: ({ name }) => `engine: expected tensorflow, wasm or cpu, got ${name}`,
  EngineMissing: ({ engine, missing, mend }) =>
    `engine ${engine}: expected it to be installed, got ${missing}; try ${mend}`,
  EngineFailed: ({ engine, reason }) =>
    `engine ${engine}: expected a result, got an error (${reason}); try ${commandText('doctor')}, a smaller batchSize, or another --engine`,
  ToolMissing: ({ tool, tried, mend }) =>
    `PATH: expected a ${tool} (${tried.join(' or ')}), got none; try ${mend}`,
  PackageMissing: ({ name, mend }) => `package ${name}: expected it to be installed, got none; try ${mend}`,
  NoWheel: ({ platform, mend }) =>
    `TensorFlow: expected a platform that has a wheel, got ${platform}; try ${mend}`,
  DownloadRefused: ({ requirement, reason, mend }) =>
    `${requirement}: expected a download, got an error (${reason}); try ${mend}`,
  ChecksumMismatch: ({ file, got, mend }) =>
    `${file}: expected a sha256 checksum known to this version, got ${got}; try ${mend}`,
  WheelBroken: ({ file, reason, mend }) =>
    `${file}: expected a wheel that can be unpacked, got an error (${reason}); try ${mend}`,
  NotTensorFlow: ({ folder, lacks, mend }) =>
    `${folder}: expected TensorFlow's folder with ${lacks}, got one without; try ${mend}`,
  CompileFailed: ({ compiler, reason, mend }) =>
    `${compiler}: expected the engine to compile, got an error (${reason}); try ${mend}`,
  LoadFailed: ({ file, reason, mend }) =>
    `${file}: expected an engine that loads, got an error (${reason}); try ${mend}`,
  TrialFailed: ({ file, expected, got }) =>
    `${file}: expected the gradient ${expected.join(', ')} of a trial, got ${got.join(', ')}; try ${commandText('engine')} again`,
  CacheUnwritable: ({ folder, reason, mend }) =>
    `${folder}: expected a folder that can be written, got an error (${reason}); try ${mend}`,
  WorkerUnreachable: ({ address, seconds, reason }) =>
    `worker ${address}: expected an answer within ${seconds} s, got none (${reason}); try ${commandText('worker', 'FILE', '--listen', address)} there, or a longer --wait`,
  WorkerBusy: ({ address, leader }) =>
    `worker ${address}: expected a free worker, got one in the run of ${leader}; try another, or wait for the end of that run`,
  WorkerDiffers: ({ address, what, here, there }) =>
    `worker ${address}, ${what}: expected ${here} as here, got ${there}; try the same there`,
  WorkerRefused: ({ address, reason }) =>
    `worker ${address}: expected it to take part, got its error (${reason}); try correcting that there`,
  WorkerLost: ({ address }) =>
    `worker ${address}: ${silence}; the run is as its last checkpoint has it; try resuming it`,
  LeaderLost: ({ address }) =>
    `the first worker, ${address}: ${silence}; the run is as its last checkpoint has it; try resuming it there`,
  NotReachable: ({ address, other }) =>
    `${address}: expected an address at which ${other} reaches this machine, got one of this machine alone; try its address in the network`,
  NotReached: ({ address, reason }) =>
    `TensorFlow at ${address}: expected an answer, got an error (${reason}); try opening that port to the other workers, too`,
  PortTaken: ({ address, reason }) =>
    `${address}: expected an address of this machine with a free port, got an error (${reason}); try another port`,
  BatchNotShared: ({ batch, workers }) =>
    `batchSize: expected a multiple of the ${workers} workers, got ${batch}; try ${Math.max(1, Math.round(batch / workers)) * workers}`,
  NotInCluster: ({ what }) =>
    `schedule: expected no target in ${what} with --cluster, as each machine would measure its own, got one; try a target in macs`,
} satisfies Partial<Messages>
