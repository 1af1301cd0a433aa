/**
 * Where the time of a call goes: TensorFlow's times of its nodes, by the kind of operation that they were emitted for.
 * Source  config.proto and step_stats.proto of TensorFlow 2.20, field numbers and types
 */
import protobuf from 'protobufjs/light.js'
import { type Graph, type Kind, type Value, valuesOf } from '../../graph/graph.js'
import { macsOf } from '../../graph/macs.js'
import { addTo, groupBy, sumBy } from '../../io/count.js'
import { sizeOf } from '../../net/shape.js'
import { type CallToProfile, type KindTime, sortByCost } from '../profile.js'
import type { Runtime } from './runtime.js'
import { openSession } from './session.js'

const root = protobuf.Root.fromJSON({
  nested: {
    RunMetadata: { fields: { stepStats: { id: 1, type: 'StepStats' } } },
    StepStats: { fields: { devices: { id: 1, type: 'DeviceStepStats', rule: 'repeated' } } },
    DeviceStepStats: { fields: { nodes: { id: 2, type: 'NodeExecStats', rule: 'repeated' } } },
    NodeExecStats: {
      fields: {
        name: { id: 1, type: 'string' },
        label: { id: 8, type: 'string' },
        started: { id: 14, type: 'int64' },
        ended: { id: 15, type: 'int64' },
      },
    },
  },
})

const metadata = root.lookupType('RunMetadata')

/** A node in a trace: its name, a label with the operation that ran, and its nanoseconds since it was scheduled. */
interface TracedNode {
  readonly name: string
  readonly label: string
  readonly started: number
  readonly ended: number
}

const nodesIn = (bytes: Uint8Array): readonly TracedNode[] => {
  const { stepStats } = metadata.toObject(metadata.decode(bytes), { longs: Number, defaults: true })
  const devices: readonly { readonly nodes: readonly TracedNode[] }[] = stepStats?.devices ?? [] // as the schema says
  return devices.flatMap(({ nodes }) => nodes)
}

/** Operations that TensorFlow makes of a product and what follows it, which gives them its name. */
const fused: readonly (readonly [RegExp, Kind])[] = [
  [/= _\w*FusedConv2D\b/, 'conv'],
  [/= _\w*FusedDepthwiseConv2dNative\b/, 'depthwise'],
  [/= _\w*FusedMatMul\b/, 'matmul'],
  [/= _\w*FusedBatchNormEx\b/, 'batchNorm'],
]

/** The name of a node of a call begins with the call and the kind. */
const nameWithKind = /\bcall\/[^/]+\/([^/]+)\//

const kindOf = ({ name, label }: TracedNode): string | undefined =>
  fused.find(([pattern]) => pattern.test(label))?.[1] ?? nameWithKind.exec(name)?.[1]

const bytesOf = ({ inputs, shape }: Value): number =>
  4 * (sizeOf(shape) + sumBy(inputs, input => sizeOf(input.shape)))

/** By name, the milliseconds of each node of a trace. */
const timesOf = (nodes: readonly TracedNode[]): ReadonlyMap<string, number> =>
  new Map(nodes.map(({ name, started, ended }) => [name, (ended - started) / 1e6]))

const timeKinds = (traces: readonly (readonly TracedNode[])[]): ReadonlyMap<string, number> => {
  const rounds = traces.map(timesOf)
  const [nodes = []] = traces
  const sums = new Map<string, number>()
  for (const node of nodes) {
    const kind = kindOf(node)
    if (kind === undefined) continue // reads of variables, and the ends of a call
    const least = Math.min(...rounds.map(times => times.get(node.name) ?? Number.POSITIVE_INFINITY))
    addTo(sums, kind, least)
  }
  return sums
}

const kindTime = (kind: Kind, milliseconds: number, values: readonly Value[]): KindTime => ({
  kind,
  operations: values.length,
  milliseconds,
  macs: sumBy(values, macsOf),
  bytes: sumBy(values, bytesOf),
})

/** Runs a call again and again on one thread, its updates included; none where the runtime does not trace. */
export const profileKinds =
  (runtime: Runtime) =>
  ({ program, call, feeds, weights, constants, rounds }: CallToProfile): readonly KindTime[] => {
    const session = openSession(runtime, { threads: 1, serial: true }, program, constants)
    try {
      session.write(weights)
      session.run(call, feeds)
      const traces = Array.from({ length: rounds }, () => session.trace(call, feeds)).filter(
        trace => trace !== undefined,
      )
      const times = timeKinds(traces.map(nodesIn))
      const values = valuesOf(program[call] as Graph) // the caller's own call
      return sortByCost(
        [...groupBy(values, ({ op }) => op.kind)].map(([kind, ofKind]) =>
          kindTime(kind, times.get(kind) ?? 0, ofKind),
        ),
      )
    } finally {
      session.close()
    }
  }
