/** Where everything of a program lies in its memory: variables and constants, each thread's scratch, then the arena. */
import { type Program, variablesOf } from '../../../graph/graph.js'
import { type Shape, sizeOf } from '../../../net/shape.js'
import type { Part } from '../threads.js'
import { spaceOf } from './arena.js'
import type { Buffer } from './buffers.js'
import { link, type Plan, type Port, plan } from './plan.js'

/** Below lies the gate that threads pass together. */
const bottom = 64
/** Kernels read a little past the end. */
const slack = 1 << 16
/** Floats that a task touches before a second thread is worth waking. */
const worthSharing = 1 << 14

/** Numbers at an address. */
export interface Spot {
  readonly address: number
  readonly floats: number
}

export interface Call {
  readonly inputs: readonly (Spot & { readonly name: string })[]
  readonly outputs: readonly (Spot & { readonly name: string })[]
  readonly steps: readonly Part[]
}

export interface Layout {
  readonly variables: Readonly<Record<string, Spot & { readonly shape: Shape }>>
  readonly constants: readonly { readonly address: number; readonly value: number }[]
  readonly calls: Readonly<Record<string, Call>>
  /** Where a thread builds its frames. */
  readonly scratch: (thread: number) => number
  /** Bytes that hold what outlives a call; they begin as zeros. */
  readonly lasting: number
  readonly bytes: number
}

const absent = (what: string): never => {
  throw new RangeError(`no ${what}`)
}

const lasting = (floats: number): Buffer => ({ floats, lasting: true })

/** One buffer a name, made when it is first asked for. */
const named = <K>(floatsOf: (key: K) => number) => {
  const known = new Map<K, Buffer>()
  const bufferOf = (key: K): Buffer => {
    const buffer = known.get(key) ?? lasting(floatsOf(key))
    known.set(key, buffer)
    return buffer
  }
  return { known, bufferOf }
}

/** Buffers one after another. */
const stack = (
  buffers: readonly Buffer[],
): { readonly at: (buffer: Buffer) => number | undefined; readonly end: number } => {
  const addresses = new Map<Buffer, number>()
  const end = buffers.reduce((next, buffer) => {
    addresses.set(buffer, next)
    return next + spaceOf(buffer)
  }, bottom)
  return { at: buffer => addresses.get(buffer), end }
}

const callOf = (planned: Plan, addressOf: (buffer: Buffer) => number): Call => {
  const spot = ({ name, floats, place }: Port) => ({
    name,
    floats,
    address: addressOf(place.buffer) + place.offset,
  })
  const isLarge = (task: number): boolean =>
    (planned.tasks[task]?.touches ?? []).reduce((sum, { floats }) => sum + floats, 0) >= worthSharing
  return {
    inputs: planned.inputs.map(spot),
    outputs: planned.outputs.map(spot),
    steps: link(planned, addressOf).flatMap((steps, task) => {
      const large = isLarge(task)
      return steps.map(step => ({ ...step, shared: large && step.units > 1 }))
    }),
  }
}

/** Lays out a program for so many threads. */
export const layout = (program: Program, threads: number): Layout => {
  const shapes = variablesOf(program)
  const variables = named((name: string) => sizeOf(shapes[name] ?? absent(`variable ${name}`)))
  const constants = named((_: number) => 1)
  for (const name of Object.keys(shapes)) variables.bufferOf(name)
  const memory = { variable: variables.bufferOf, constant: constants.bufferOf }
  const plans = Object.entries(program).map(([name, graph]) => [name, plan(graph, memory)] as const)
  const most = (of: (planned: Plan) => number): number =>
    plans.reduce((top, [, planned]) => Math.max(top, of(planned)), 0)

  const { at, end } = stack([...variables.known.values(), ...constants.known.values()])
  const frames = 64 * Math.ceil(most(({ scratch }) => scratch) / 64)
  const arena = end + threads * frames
  const lastingAt = (buffer: Buffer): number => at(buffer) ?? absent('such buffer')
  const addressIn =
    ({ arena: { offsets } }: Plan) =>
    (buffer: Buffer): number =>
      at(buffer) ?? arena + (offsets.get(buffer) ?? absent('room for a value'))
  return {
    variables: Object.fromEntries(
      [...variables.known].map(([name, buffer]) => [
        name,
        { shape: shapes[name] ?? [], floats: buffer.floats, address: lastingAt(buffer) },
      ]),
    ),
    constants: [...constants.known].map(([value, buffer]) => ({ value, address: lastingAt(buffer) })),
    calls: Object.fromEntries(plans.map(([name, planned]) => [name, callOf(planned, addressIn(planned))])),
    scratch: thread => end + thread * frames,
    lasting: end,
    bytes: arena + most(planned => planned.arena.bytes) + slack,
  }
}
