/** Facts on engines and clusters, as the page of messages shows them. */
import type { Examples } from './examples.js'

const mend = 'npm run engine'
const addon = 'espalier.node'
const address = '10.0.0.2:2222'

const installs = {
  UnknownEngine: [{ name: 'gpu' }],
  EngineMissing: [
    { engine: 'tensorflow', missing: 'no build of it', mend },
    {
      engine: 'cpu',
      missing: 'no package @tensorflow/tfjs-core',
      mend: 'npm install @tensorflow/tfjs-core@4.22.0',
    },
  ],
  EngineFailed: [{ engine: 'wasm', reason: 'wasm memory: expected at most 4096 MiB, got 5120 MiB' }],
  ToolMissing: [{ tool: 'compiler', tried: ['g++', 'clang++'], mend: 'apt-get install g++' }],
  PackageMissing: [{ name: 'vega', mend: 'npm install vega@6 vega-lite@6' }],
  NoWheel: [{ platform: 'linux arm', mend: `${mend} -- --tensorflow DIR` }],
  DownloadRefused: [
    { requirement: 'tensorflow-cpu==2.20.0', reason: 'no index', mend: `${mend} -- --tensorflow DIR` },
  ],
  ChecksumMismatch: [
    {
      file: 'tensorflow.whl',
      expected: ['0a1b'],
      got: '1b2c',
      mend: `python3 -m pip cache purge, then ${mend}`,
    },
  ],
  WheelBroken: [{ file: 'tensorflow.whl', reason: 'end of central directory not found', mend }],
  NotTensorFlow: [
    {
      folder: 'site-packages',
      lacks: 'include',
      mend: 'pip download tensorflow-cpu, and naming that folder',
    },
  ],
  CompileFailed: [
    {
      compiler: 'g++',
      reason: "unrecognized option '-std=c++17'",
      mend: 'a compiler that knows C++17 (set CXX to it)',
    },
  ],
  LoadFailed: [{ file: addon, reason: 'not built', mend }],
  TrialFailed: [{ file: addon, expected: [2, 4], got: [2, 5] }],
  CacheUnwritable: [
    {
      folder: '/home/me/.cache/espalier',
      reason: 'EACCES',
      mend: 'ESPALIER_CACHE with a folder that can be written',
    },
  ],
} satisfies Partial<Examples>

const clusters = {
  WorkerUnreachable: [{ address, seconds: 30, reason: 'ECONNREFUSED' }],
  WorkerBusy: [{ address, leader: '10.0.0.9:2222' }],
  WorkerDiffers: [{ address, what: 'data checksum', here: '0a1b', there: '1b2c' }],
  WorkerRefused: [{ address, reason: '../photos: expected images in it, got none' }],
  WorkerLost: [{ address }],
  LeaderLost: [{ address: '10.0.0.1:2222' }],
  NotReachable: [{ address: '127.0.0.1:2222', other: '10.0.0.2:2222' }],
  NotReached: [{ address: '10.0.0.2:2223', reason: 'connect ETIMEDOUT' }],
  PortTaken: [{ address, reason: 'EADDRINUSE' }],
  BatchNotShared: [{ batch: 50, workers: 4 }],
  NotInCluster: [{ what: 'latency' }],
} satisfies Partial<Examples>

export const engineFacts = { ...installs, ...clusters }
