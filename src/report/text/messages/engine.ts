/** Messages on engines and on building the native one; `mend` is the fact's own advice. */
import type { Messages } from '../fact.js'

export const engineMessages = {
  UnknownEngine: ({ name }) => `engine: expected tensorflow, wasm or cpu, got ${name}`,
  EngineMissing: ({ engine, missing, mend }) => `engine ${engine}: ${missing}; try: ${mend}`,
  EngineFailed: ({ engine, reason }) =>
    `engine ${engine} failed: ${reason}; try: npm run doctor, or another --engine`,
  ToolMissing: ({ tool, tried, mend }) =>
    `expected a ${tool}, one of ${tried.join(', ')}, got none; try: ${mend}`,
  PackageMissing: ({ name, mend }) => `package ${name} is not installed; try: ${mend}`,
  NoWheel: ({ platform, mend }) => `TensorFlow has no known wheel for ${platform}; try: ${mend}`,
  DownloadRefused: ({ requirement, reason, mend }) =>
    `${requirement} could not be downloaded: ${reason}; try: ${mend}`,
  ChecksumMismatch: ({ file, got, mend }) =>
    `${file}: expected a sha256 checksum known to this version, got ${got}; try: ${mend}`,
  WheelBroken: ({ file, reason, mend }) => `${file} cannot be unpacked: ${reason}; try: ${mend}`,
  NotTensorFlow: ({ folder, lacks, mend }) =>
    `${folder}: expected TensorFlow's folder with ${lacks}, got none; try: ${mend}`,
  CompileFailed: ({ compiler, reason, mend }) => `${compiler} failed: ${reason}; try: ${mend}`,
  LoadFailed: ({ file, reason, mend }) => `${file} does not load: ${reason}; try: ${mend}`,
  TrialFailed: ({ file, expected, got }) =>
    `${file} computes wrongly: expected the gradient ${expected.join(', ')}, got ${got.join(', ')}; try: npm run engine again`,
  CacheUnwritable: ({ folder, reason, mend }) => `${folder} cannot be written: ${reason}; try: ${mend}`,
  WorkerUnreachable: ({ address, seconds, reason }) =>
    `worker ${address} did not answer within ${seconds} s: ${reason}; try: espalier worker --listen there, or a longer --wait`,
  WorkerBusy: ({ address, leader }) =>
    `worker ${address} is in the run of ${leader} already; try: another worker, or the end of that run`,
  WorkerDiffers: ({ address, what, here, there }) =>
    `worker ${address}: ${what}: expected ${here} as here, got ${there}; try: the same there`,
  WorkerRefused: ({ address, reason }) => `worker ${address} cannot take part: ${reason}`,
  WorkerLost: ({ address }) =>
    `worker ${address} is lost: it has ended, hangs, or cannot be reached; the run is as its last checkpoint has it`,
  LeaderLost: ({ address }) =>
    `the first worker, at ${address}, is lost: it has ended, hangs, or cannot be reached`,
  NotReachable: ({ address, other }) =>
    `${address}: expected an address at which ${other} reaches this machine, got one of this machine alone; try: its address in the network`,
  NotReached: ({ address, reason }) =>
    `TensorFlow at ${address} cannot be reached: ${reason}; try: opening that port to the other workers, too`,
  PortTaken: ({ address, reason }) =>
    `${address}: expected an address of this machine with a free port, got ${reason}; try: another port`,
  BatchNotShared: ({ batch, workers }) =>
    `batchSize: expected a multiple of the ${workers} workers, got ${batch}; try: ${Math.max(1, Math.round(batch / workers)) * workers}`,
  NotInCluster: ({ what }) => `${what}: expected none with --cluster, as every machine measures another`,
} satisfies Partial<Messages>
