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
        interOpParallelismThreads: { id: 5, type: 'int32' },
        gpuOptions: { id: 6, type: 'GPUOptions' },
        graphOptions: { id: 10, type: 'GraphOptions' },
      },
    },
    GPUOptions: { fields: { allowGrowth: { id: 4, type: 'bool' } } },
    GraphOptions: { fields: { optimizerOptions: { id: 3, type: 'OptimizerOptions' } } },
    OptimizerOptions: { fields: { globalJitLevel: { id: 5, type: 'int32' } } },
  },
})

const config = root.lookupType('ConfigProto')

export interface SessionOptions {
  /** Threads of an operation. */
  readonly threads: number
  /** Whether operations run one after another on the caller's thread; by default those that are ready run together. */
  readonly serial?: boolean
  /** Whether XLA compiles what it can; on a CPU `TF_XLA_FLAGS` must allow it too. By default TensorFlow's own choice. */
  readonly xla?: boolean
  /** The server that runs it, such as `grpc://localhost:2222`; by default this process. */
  readonly target?: string
}

/** The bytes of a ConfigProto. The memory of a GPU grows as it is needed, unless `TF_FORCE_GPU_ALLOW_GROWTH` forbids it. */
export const sessionConfig = ({ threads, serial = false, xla = false }: SessionOptions): Uint8Array =>
  config
    .encode({
      intraOpParallelismThreads: threads,
      gpuOptions: { allowGrowth: true },
      ...(serial && { interOpParallelismThreads: -1 }),
      ...(xla && { graphOptions: { optimizerOptions: { globalJitLevel: 1 } } }),
    })
    .finish()
