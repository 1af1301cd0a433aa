/** A program in one wasm memory of its own: variables, the constants it uses, and room that its calls share. */
import { type Program, variablesOf } from '../../graph/value.js'
import { type Shape, sizeOf } from '../../net/shape.js'
import type { Feeds, Fetched, Session } from '../engine.js'
import { spaceOf } from './arena.js'
import type { Crew, Part } from './crew.js'
import { type Module, WebAssembly } from './host.js'
import { type Buffer, bytesOf } from './place.js'
import { link, type Plan, type Port, plan } from './plan.js'

const page = 1 << 16
/** Below lies the gate that threads pass together. */
const bottom = 64

interface Variable {
  readonly shape: Shape
  readonly buffer: Buffer
}

/** Buffers one after another from an address on. */
const stack = (
  buffers: readonly Buffer[],
  from: number,
): { readonly at: ReadonlyMap<Buffer, number>; readonly end: number } => {
  const at = new Map<Buffer, number>()
  const end = buffers.reduce((next, buffer) => {
    at.set(buffer, next)
    return next + spaceOf(buffer)
  }, from)
  return { at, end }
}

const kept = (floats: number): Buffer => ({ floats, lasting: true })

const missing = (what: string): never => {
  throw new RangeError(`no ${what}`)
}

/** A call with addresses in place of buffers. */
interface Linked {
  readonly inputs: readonly (Port & { readonly address: number })[]
  readonly outputs: readonly (Port & { readonly address: number })[]
  readonly steps: readonly Part[]
}

/** Floats that a task touches before a second thread is worth waking. */
const worthSharing = 1 << 14

const linked = (planned: Plan, lasting: ReadonlyMap<Buffer, number>, arena: number): Linked => {
  const addressOf = (buffer: Buffer): number =>
    lasting.get(buffer) ?? arena + (planned.arena.offsets.get(buffer) ?? missing('room for a value'))
  const addressed = (port: Port) => ({ ...port, address: addressOf(port.place.buffer) + port.place.offset })
  return {
    inputs: planned.inputs.map(addressed),
    outputs: planned.outputs.map(addressed),
    steps: link(planned, addressOf).flatMap((steps, nth) => {
      const touched = planned.tasks[nth]?.touches.reduce((sum, { floats }) => sum + floats, 0) ?? 0
      return steps.map(step => ({ ...step, shared: touched >= worthSharing && step.units > 1 }))
    }),
  }
}

/**
 * Opens a program in a memory of its own.
 *
 * Law  closed, nothing refers to the memory any more
 */
export const openSession = <P extends Program>(crew: Crew, module: Module, program: P): Session<P> => {
  const variables: Readonly<Record<string, Variable>> = Object.fromEntries(
    Object.entries(variablesOf(program)).map(([name, shape]) => [
      name,
      { shape, buffer: kept(sizeOf(shape)) },
    ]),
  )
  const constants = new Map<number, Buffer>()
  const constant = (value: number): Buffer => {
    const buffer = constants.get(value) ?? kept(1)
    constants.set(value, buffer)
    return buffer
  }
  const variable = (name: string): Buffer => variables[name]?.buffer ?? missing(`variable ${name}`)
  const plans = Object.entries(program).map(
    ([name, graph]) => [name, plan(graph, { variable, constant })] as const,
  )

  const lasting = stack(
    [...Object.values(variables).map(({ buffer }) => buffer), ...constants.values()],
    bottom,
  )
  const most = plans.reduce((most, [, { scratch }]) => Math.max(most, scratch), 0)
  const scratch = Math.ceil(most / 64) * 64
  const arena = lasting.end + crew.threads * scratch
  const bytes = arena + plans.reduce((most, [, { arena }]) => Math.max(most, arena.bytes), 0)
  const pages = Math.ceil((bytes + page) / page) // a page to read past the end in
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
  const heap = new Float32Array(memory.buffer)
  const view = (address: number, floats: number): Float32Array =>
    heap.subarray(address / 4, address / 4 + floats)
  const lastingAt = (buffer: Buffer): number => lasting.at.get(buffer) ?? missing('such buffer')
  for (const [value, buffer] of constants) view(lastingAt(buffer), 1)[0] = value

  const calls = Object.fromEntries(plans.map(([name, planned]) => [name, linked(planned, lasting.at, arena)]))
  const ensemble = crew.gather(new WebAssembly.Instance(module, { env: { memory } }), {
    module,
    memory,
    calls: Object.fromEntries(Object.entries(calls).map(([name, { steps }]) => [name, steps])),
    scratch: thread => lasting.end + thread * scratch,
  })

  const feed = ({ inputs }: Linked, feeds: Feeds): void => {
    for (const { name, floats, address } of inputs) {
      const given = feeds[name]
      if (given?.length !== floats)
        throw new RangeError(`feed ${name}: wanted ${floats} values, got ${given?.length ?? 'nothing'}`)
      heap.set(given, address / bytesOf(1))
    }
  }
  return {
    run: (name, feeds) => {
      const call = calls[String(name)] ?? missing(`call ${String(name)}`)
      feed(call, feeds)
      ensemble.run(String(name))
      const fetched = call.outputs.map(
        ({ name, address, floats }) => [name, view(address, floats).slice()] as const,
      )
      return Object.fromEntries(fetched) as Fetched<P[typeof name]> // one output a name
    },
    read: () =>
      Object.fromEntries(
        Object.entries(variables).map(([name, { shape, buffer }]) => [
          name,
          { shape, data: view(lastingAt(buffer), buffer.floats).slice() },
        ]),
      ),
    write: values => {
      for (const [name, { data }] of Object.entries(values)) {
        const known = variables[name]
        if (known !== undefined) view(lastingAt(known.buffer), known.buffer.floats).set(data)
      }
    },
    close: ensemble.close,
  }
}
