/** Lays out a program's memory: variables and constants, each thread's scratch, then the arena of temporaries. */
import { isUpdate, type Program, slotsOf, type Value, valuesOf, variablesOf } from '../../../graph/graph.js'
import { sumBy } from '../../../io/count.js'
import { type Shape, sizeOf } from '../../../net/shape.js'
import type { Part } from '../threads.js'
import { spaceOf } from './arena.js'
import { type Buffer, bytesOf, type Step } from './buffers.js'
import { link, linkPreparation } from './link.js'
import type { PersistentMemory } from './placement.js'
import { type Plan, type Port, plan, type Task } from './plan.js'

/** The barrier of the threads lies below. */
export const firstAddress = 64
/** Kernels read a little past the end of their inputs. */
const slack = 1 << 16
/** The fewest floats of a task that is shared among threads. */
const minShared = 1 << 14
/** The most bytes that are kept prepared; a program that would take more prepares anew in each call. */
const maxPreparation = 1 << 30

/** Floats at an address. */
export interface Spot {
  readonly address: number
  readonly floats: number
}

/** The kernel calls that compute one value. */
export interface Operation {
  readonly value: Value
  readonly steps: readonly Part[]
  /** Of the temporaries and of what is prepared that they read or write, each once. */
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
  /** What computes all that is the same in every call, to run whenever a variable was written from outside. */
  readonly preparation: readonly Part[]
  readonly calls: Readonly<Record<string, Call>>
  /** Address of a thread's scratch memory. */
  readonly scratch: (thread: number) => number
  /** The end of variables and constants, which begin as zeros. */
  readonly lasting: number
  readonly bytes: number
}

const missing = (what: string): never => {
  throw new RangeError(`no ${what}`)
}

const lastingBuffer = (floats: number, fixed: boolean): Buffer => ({ floats, lasting: true, fixed })

/** One lasting buffer per key, made on first use. */
const bufferTable = <K>(floatsOf: (key: K) => number, isFixed: (key: K) => boolean) => {
  const known = new Map<K, Buffer>()
  const bufferOf = (key: K): Buffer => {
    const buffer = known.get(key) ?? lastingBuffer(floatsOf(key), isFixed(key))
    known.set(key, buffer)
    return buffer
  }
  return { known, bufferOf }
}

/** Addresses of buffers one after another. */
const stackBuffers = (
  buffers: readonly Buffer[],
  start: number,
): { readonly at: (buffer: Buffer) => number | undefined; readonly end: number } => {
  const addresses = new Map<Buffer, number>()
  const end = buffers.reduce((next, buffer) => {
    addresses.set(buffer, next)
    return next + spaceOf(buffer)
  }, start)
  return { at: buffer => addresses.get(buffer), end }
}

const runAlone = (step: Step): Part => ({ ...step, shared: false })

/** A kernel call that threads share if it has more than one unit. */
const shareUnits = (step: Step): Part => ({ ...step, shared: step.units > 1 })

const callOf = (planned: Plan, addressOf: (buffer: Buffer) => number): Call => {
  const spot = ({ name, floats, place }: Port) => ({
    name,
    floats,
    address: addressOf(place.buffer) + place.offset,
  })
  const operationOf = (steps: readonly Step[], nth: number): Operation => {
    const { value, touches, prepared } = planned.tasks[nth] as Task // linked from it
    const buffers = new Set([...touches, ...prepared.map(({ buffer }) => buffer)])
    const floats = sumBy([...buffers], ({ floats }) => floats)
    return {
      value,
      bytes: bytesOf(floats),
      steps: steps.map(floats < minShared ? runAlone : shareUnits),
    }
  }
  return {
    inputs: planned.inputs.map(spot),
    outputs: planned.outputs.map(spot),
    operations: link(planned, addressOf).map(operationOf),
  }
}

/** The names of the variables that a call of the program writes. */
const updatedNames = (program: Program): ReadonlySet<string> =>
  new Set(
    Object.values(program)
      .flatMap(valuesOf)
      .flatMap(({ op }) => (isUpdate(op) ? [op.name, ...slotsOf(op)] : [])),
  )

/** A program's plans, and the buffers that outlive a call. */
interface Planned {
  readonly plans: readonly (readonly [string, Plan])[]
  readonly variables: ReadonlyMap<string, Buffer>
  readonly constants: ReadonlyMap<number, Buffer>
  readonly prepared: readonly Buffer[]
}

const planCalls = (
  program: Program,
  shapes: Readonly<Record<string, Shape>>,
  isFixed: (variable: string) => boolean,
): Planned => {
  const variables = bufferTable(
    (name: string) => sizeOf(shapes[name] ?? missing(`variable ${name}`)),
    isFixed,
  )
  const constants = bufferTable(
    (_: number) => 1,
    () => true,
  )
  const prepared: Buffer[] = []
  const prepare = (floats: number): Buffer => {
    const buffer = lastingBuffer(floats, true)
    prepared.push(buffer)
    return buffer
  }
  for (const name of Object.keys(shapes)) variables.bufferOf(name)
  const memory: PersistentMemory = {
    variable: variables.bufferOf,
    constant: constants.bufferOf,
    prepared: prepare,
  }
  const plans = Object.entries(program).map(([name, graph]) => [name, plan(graph, memory)] as const)
  return { plans, variables: variables.known, constants: constants.known, prepared }
}

const planProgram = (program: Program, shapes: Readonly<Record<string, Shape>>): Planned => {
  const updated = updatedNames(program)
  const planned = planCalls(program, shapes, name => !updated.has(name))
  const bytes = sumBy(planned.prepared, spaceOf)
  return bytes <= maxPreparation ? planned : planCalls(program, shapes, () => false)
}

/** Plans every call of a program and lays out its memory for this many threads. */
export const layout = (program: Program, threads: number): Layout => {
  const shapes = variablesOf(program)
  const { plans, variables, constants, prepared } = planProgram(program, shapes)
  const maxOf = (of: (planned: Plan) => number): number =>
    plans.reduce((top, [, planned]) => Math.max(top, of(planned)), 0)

  const lasting = stackBuffers([...variables.values(), ...constants.values()], firstAddress)
  const kept = stackBuffers(prepared, lasting.end)
  const scratchBytes = 64 * Math.ceil(maxOf(({ scratch }) => scratch) / 64)
  const arena = kept.end + threads * scratchBytes
  const at = (buffer: Buffer): number | undefined => lasting.at(buffer) ?? kept.at(buffer)
  const lastingAt = (buffer: Buffer): number => at(buffer) ?? missing('address of a lasting buffer')
  const addressIn =
    ({ arena: { offsets } }: Plan) =>
    (buffer: Buffer): number =>
      at(buffer) ?? arena + (offsets.get(buffer) ?? missing('address of a temporary buffer'))
  return {
    variables: Object.fromEntries(
      [...variables].map(([name, buffer]) => [
        name,
        { shape: shapes[name] ?? [], floats: buffer.floats, address: lastingAt(buffer) },
      ]),
    ),
    constants: [...constants].map(([value, buffer]) => ({ value, address: lastingAt(buffer) })),
    preparation: plans.flatMap(([, planned]) => linkPreparation(planned, lastingAt).map(shareUnits)),
    calls: Object.fromEntries(plans.map(([name, planned]) => [name, callOf(planned, addressIn(planned))])),
    scratch: thread => kept.end + thread * scratchBytes,
    lasting: lasting.end,
    bytes: arena + maxOf(planned => planned.arena.bytes) + slack,
  }
}
