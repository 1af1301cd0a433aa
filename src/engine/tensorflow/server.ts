/**
 * A task of a cluster as TensorFlow's ServerDef.
 * Source  tensorflow_server.proto and cluster.proto of TensorFlow 2.20, field numbers and types
 */
import protobuf from 'protobufjs/light.js'

/** Addresses by the number of a task. */
const tasks: protobuf.IMapField = { id: 2, keyType: 'int32', type: 'string' }

const root = protobuf.Root.fromJSON({
  nested: {
    ServerDef: {
      fields: {
        cluster: { id: 1, type: 'ClusterDef' },
        jobName: { id: 2, type: 'string' },
        taskIndex: { id: 3, type: 'int32' },
        defaultSessionConfig: { id: 4, type: 'bytes' },
        protocol: { id: 5, type: 'string' },
      },
    },
    ClusterDef: { fields: { job: { id: 1, type: 'JobDef', rule: 'repeated' } } },
    JobDef: { fields: { name: { id: 1, type: 'string' }, tasks } },
  },
})

const server = root.lookupType('ServerDef')

/** One process of a cluster. gRPC does not ask who connects: the addresses should not be reached from outside. */
export interface ServerTask {
  /** By the name of a job, the address of each of its tasks, such as `localhost:2222`. */
  readonly cluster: Readonly<Record<string, readonly string[]>>
  readonly job: string
  /** Its place among the addresses of the job. */
  readonly task: number
  /** A ConfigProto; by default none. */
  readonly config?: Uint8Array
}

/** The bytes of a ServerDef. */
export const serverDef = ({ cluster, job, task, config }: ServerTask): Uint8Array =>
  server
    .encode({
      cluster: {
        job: Object.entries(cluster).map(([name, addresses]) => ({ name, tasks: { ...addresses } })),
      },
      jobName: job,
      taskIndex: task,
      ...(config !== undefined && { defaultSessionConfig: config }),
      protocol: 'grpc',
    })
    .finish()
