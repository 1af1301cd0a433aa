/** Lays out a program's memory: variables and constants, each thread's scratch, then the arena of temporaries. */
import { type Program, type Value, variablesOf } from '../../../graph/graph.js'
import { type Shape, sizeOf } from '../../../net/shape.js'
import type { Part } from '../threads.js'
import { spaceOf } from './arena.js'
import { type Buffer, bytesOf, type Step } from './buffers.js'
import { link, type Plan, type Port, plan, type Task } from './plan.js'

/** The barrier of the threads lies below. */
export const firstAddress = 64
/** Kernels read a little past the end of their inputs. */
const slack = 1 << 16
/** The fewest floats of a task that is shared among threads. */
const minShared = 1 << 14

/** Floats at an address. */
export interface Spot {
  readonly address: number
  readonly floats: number
}

/** The kernel calls that compute one value. */
export interface Operation {
  readonly value: Value
  readonly steps: readonly Part[]
  /** Of the temporaries that they read or write, each once. */
  readonly bytes: number
}

export interface Call {
  readonly inputs: readonly (Spot & { readonly name: string })[]
  readonly outputs: readonly (Spot & { readonly name: string })[]
  readonly operations: readonly Operation[]
}

export interface Layout {
  readonly variables: Readonly<Record<string, Spot & { readonly shape: Shape }>>
  readonly constants: readonly { readonly address: number; readonly value: number }[]
  readonly calls: Readonly<Record<string, Call>>
  /** Address of a thread's scratch memory. */
  readonly scratch: (thread: number) => number
  /** Bytes that outlive a call; they begin as zeros. */
  readonly lasting: number
  readonly bytes: number
}

const missing = (what: string): never => {
  throw new RangeError(`no ${what}`)
}

const lasting = (floats: number): Buffer => ({ floats, lasting: true })

/** One lasting buffer per key, made on first use. */
const bufferTable = <K>(floatsOf: (key: K) => number) => {
  const known = new Map<K, Buffer>()
  const bufferOf = (key: K): Buffer => {
    const buffer = known.get(key) ?? lasting(floatsOf(key))
    known.set(key, buffer)
    return buffer
  }
  return { known, bufferOf }
}

/** Addresses of buffers one after another. */
const stackBuffers = (
  buffers: readonly Buffer[],
): { readonly at: (buffer: Buffer) => number | undefined; readonly end: number } => {
  const addresses = new Map<Buffer, number>()
  const end = buffers.reduce((next, buffer) => {
    addresses.set(buffer, next)
    return next + spaceOf(buffer)
  }, firstAddress)
  return { at: buffer => addresses.get(buffer), end }
}

const callOf = (planned: Plan, addressOf: (buffer: Buffer) => number): Call => {
  const spot = ({ name, floats, place }: Port) => ({
    name,
    floats,
    address: addressOf(place.buffer) + place.offset,
  })
  const operationOf = (steps: readonly Step[], nth: number): Operation => {
    const { value, touches } = planned.tasks[nth] as Task // linked from it
    const floats = touches.reduce((sum, { floats }) => sum + floats, 0)
    const isShared = floats >= minShared
    return {
      value,
      bytes: bytesOf(floats),
      steps: steps.map(step => ({ ...step, shared: isShared && step.units > 1 })),
    }
  }
  return {
    inputs: planned.inputs.map(spot),
    outputs: planned.outputs.map(spot),
    operations: link(planned, addressOf).map(operationOf),
  }
}

/** Plans every call of a program and lays out its memory for this many threads. */
export const layout = (program: Program, threads: number): Layout => {
  const shapes = variablesOf(program)
  const variables = bufferTable((name: string) => sizeOf(shapes[name] ?? missing(`variable ${name}`)))
  const constants = bufferTable((_: number) => 1)
  for (const name of Object.keys(shapes)) variables.bufferOf(name)
  const memory = { variable: variables.bufferOf, constant: constants.bufferOf }
  const plans = Object.entries(program).map(([name, graph]) => [name, plan(graph, memory)] as const)
  const maxOf = (of: (planned: Plan) => number): number =>
    plans.reduce((top, [, planned]) => Math.max(top, of(planned)), 0)

  const { at, end } = stackBuffers([...variables.known.values(), ...constants.known.values()])
  const scratchBytes = 64 * Math.ceil(maxOf(({ scratch }) => scratch) / 64)
  const arena = end + threads * scratchBytes
  const lastingAt = (buffer: Buffer): number => at(buffer) ?? missing('address of a lasting buffer')
  const addressIn =
    ({ arena: { offsets } }: Plan) =>
    (buffer: Buffer): number =>
      at(buffer) ?? arena + (offsets.get(buffer) ?? missing('address of a temporary buffer'))
  return {
    variables: Object.fromEntries(
      [...variables.known].map(([name, buffer]) => [
        name,
        { shape: shapes[name] ?? [], floats: buffer.floats, address: lastingAt(buffer) },
      ]),
    ),
    constants: [...constants.known].map(([value, buffer]) => ({ value, address: lastingAt(buffer) })),
    calls: Object.fromEntries(plans.map(([name, planned]) => [name, callOf(planned, addressIn(planned))])),
    scratch: thread => end + thread * scratchBytes,
    lasting: end,
    bytes: arena + maxOf(planned => planned.arena.bytes) + slack,
  }
}
