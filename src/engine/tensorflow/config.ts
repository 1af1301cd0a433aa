/**
 * A session's options as TensorFlow's ConfigProto.
 * Source  config.proto and rewriter_config.proto of TensorFlow 2.20, field numbers and types
 */
import protobuf from 'protobufjs/light.js'

const root = protobuf.Root.fromJSON({
  nested: {
    ConfigProto: {
      fields: {
        intraOpParallelismThreads: { id: 2, type: 'int32' },
        deviceFilters: { id: 4, type: 'string', rule: 'repeated' },
        interOpParallelismThreads: { id: 5, type: 'int32' },
        gpuOptions: { id: 6, type: 'GPUOptions' },
        graphOptions: { id: 10, type: 'GraphOptions' },
        isolateSessionState: { id: 15, type: 'bool' },
        experimental: { id: 16, type: 'Experimental' },
      },
    },
    Experimental: { fields: { collectiveGroupLeader: { id: 1, type: 'string' } } },
    GPUOptions: { fields: { allowGrowth: { id: 4, type: 'bool' } } },
    GraphOptions: { fields: { optimizerOptions: { id: 3, type: 'OptimizerOptions' } } },
    OptimizerOptions: { fields: { globalJitLevel: { id: 5, type: 'int32' } } },
  },
})

const config = root.lookupType('ConfigProto')

export interface SessionOptions {
  /** Threads of an operation; of TensorFlow's, where they run one after another, one. */
  readonly threads: number
  /** The parts of each call's rows that the threads run at once, an operation on one of them; by default a call is run whole. */
  readonly parts?: number
  /** Whether operations run one after another on the caller's thread; by default those that are ready run together. */
  readonly serial?: boolean
  /** Whether XLA compiles what it can; on a CPU `TF_XLA_FLAGS` must allow it too. By default TensorFlow's own choice. */
  readonly xla?: boolean
  /** The server that runs it, such as `grpc://localhost:2222`; by default this process. */
  readonly target?: string
  /** The number of this process among those that share its sums over workers; by default there are none. */
  readonly task?: number
}

/** The job of every process of a cluster. */
export const workerJob = 'worker'

/** Variables and devices of its own, and sums over workers led by the first. */
const inCluster = (task: number) => ({
  deviceFilters: [`/job:${workerJob}/task:${task}`],
  isolateSessionState: true,
  experimental: { collectiveGroupLeader: `/job:${workerJob}/replica:0/task:0` },
})

/** The bytes of a ConfigProto. The memory of a GPU grows as it is needed, unless `TF_FORCE_GPU_ALLOW_GROWTH` forbids it. */
export const sessionConfig = ({
  threads,
  parts = 1,
  serial = parts > 1,
  xla = false,
  task,
}: SessionOptions): Uint8Array =>
  config
    .encode({
      intraOpParallelismThreads: serial ? 1 : threads,
      gpuOptions: { allowGrowth: true },
      ...(task !== undefined && inCluster(task)),
      ...(serial && { interOpParallelismThreads: -1 }),
      ...(xla && { graphOptions: { optimizerOptions: { globalJitLevel: 1 } } }),
    })
    .finish()
