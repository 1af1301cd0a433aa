/** From a graph to kernel calls and the memory they want. Addresses come last, when every call is planned. */
import { type Graph, isUpdate, type Kind, slotsOf, type Value } from '../../../graph/graph.js'
import { sizeOf } from '../../../net/shape.js'
import type { Emitted, Emitter, Site } from '../emitters/emitter.js'
import { copy } from '../emitters/flat.js'
import { emitters } from '../emitters/index.js'
import { type Arena, type Lifetime, layBuffers } from './arena.js'
import { type Buffer, type Place, room, type Step } from './buffers.js'
import { type Fused, fuse } from './fuse.js'
import { order } from './order.js'
import { type Lasting, type Placement, placeValues } from './placement.js'

/** Where a call is fed or fetched. */
export interface Port {
  readonly name: string
  readonly floats: number
  readonly place: Place
}

/** One value to compute. */
export interface Task {
  readonly value: Value
  readonly emitted: Emitted
  readonly work: readonly Buffer[]
  /** Buffers read or written that live only during the call. */
  readonly touches: readonly Buffer[]
}

export interface Plan {
  readonly tasks: readonly Task[]
  readonly inputs: readonly Port[]
  readonly outputs: readonly Port[]
  readonly arena: Arena
  /** Bytes each thread needs for itself. */
  readonly scratch: number
}

const siteOf = (value: Value, fused: Fused, placed: Placement): Site => {
  const all = fused.inputsOf(value)
  const own = all.slice(0, value.inputs.length)
  return {
    value,
    inputs: own.map(placed.placeOf),
    output: placed.placeOf(value),
    others: placed.othersOf(value),
    behind: own.map(placed.othersOf),
    finish: fused.finishOf(value),
    finishing: all.slice(value.inputs.length).map(placed.placeOf),
    variables: placed.variablesOf(value),
  }
}

/** An update that another one follows leaves a copy of what it made. */
const emit = (site: Site): Emitted => {
  const { value, output, variables } = site
  const emitter = emitters[value.op.kind] as Emitter<Kind> // the kind picks the entry
  const emitted = emitter(site)
  if (!isUpdate(value.op) || output.buffer === variables[0]?.buffer) return emitted
  const kept = copy(value.shape, variables, output)
  return { ...emitted, steps: (at, work) => [...emitted.steps(at, work), ...kept.steps(at, [])] }
}

const taskOf =
  (fused: Fused, placed: Placement) =>
  (value: Value): Task => {
    const site = siteOf(value, fused, placed)
    const emitted = emit(site)
    const work = (emitted.work ?? []).map(room)
    const { inputs, output, others, behind, finishing } = site
    const places = [...inputs, output, ...others, ...behind.flat(), ...finishing]
    const touches = new Set([
      ...places.map(({ buffer }) => buffer).filter(({ lasting }) => !lasting),
      ...work,
    ])
    return { value, emitted, work, touches: [...touches] }
  }

/** What each task waits for, by index: what makes its inputs; before an update, whoever still reads the variable. */
const needsOf = (tasks: readonly Task[], { inputsOf, ontoOf, standIn }: Fused, { isView }: Placement) => {
  const indices = new Map(tasks.map(({ value }, index) => [value, index]))
  const readers = new Map<string, number[]>()

  const reads = (name: string, reader: number): void => {
    readers.set(name, [...(readers.get(name) ?? []), reader])
  }
  const trace = (value: Value, reader: number, needs: Set<number>): void => {
    const own = standIn(value)
    const maker = indices.get(own)
    if (maker !== undefined) needs.add(maker)
    else if (own.op.kind === 'weight') reads(own.op.name, reader)
    else if (isView(own)) for (const input of inputsOf(own)) trace(input, reader, needs)
  }
  const needs = tasks.map(({ value }, index) => {
    const found = new Set<number>()
    const onto = ontoOf(value)
    if (value.op.kind === 'weight') reads(value.op.name, index)
    for (const input of onto === undefined ? inputsOf(value) : [...inputsOf(value), onto])
      trace(input, index, found)
    return found
  })
  const before = new Map<string, number>()
  tasks.forEach(({ value: { op } }, index) => {
    if (!isUpdate(op)) return
    for (const name of [op.name, ...slotsOf(op)])
      for (const reader of readers.get(name) ?? []) if (reader !== index) needs[index]?.add(reader)
    const earlier = before.get(op.name)
    if (earlier !== undefined) needs[index]?.add(earlier)
    before.set(op.name, index)
  })
  return needs
}

const livesOf = (
  tasks: readonly Task[],
  inputs: readonly Port[],
  outputs: readonly Port[],
): ReadonlyMap<Buffer, Lifetime> => {
  const lives = new Map<Buffer, Lifetime>()
  const live = (buffer: Buffer, at: number): void => {
    const { first, last } = lives.get(buffer) ?? { first: at, last: at }
    if (!buffer.lasting) lives.set(buffer, { first: Math.min(first, at), last: Math.max(last, at) })
  }
  for (const { place } of inputs) live(place.buffer, -1)
  tasks.forEach(({ touches }, at) => {
    for (const buffer of touches) live(buffer, at)
  })
  for (const { place } of outputs) live(place.buffer, tasks.length)
  return lives
}

const inputsAmong = (values: readonly Value[], { placeOf }: Placement): readonly Port[] => {
  const named = values.flatMap(value =>
    value.op.kind === 'input'
      ? [
          [
            value.op.name,
            { name: value.op.name, floats: sizeOf(value.shape), place: placeOf(value) },
          ] as const,
        ]
      : [],
  )
  return [...new Map(named).values()]
}

/**
 * Plans one call.
 *
 * Law  the calls of kernels, in order, compute every output and update of the graph
 */
export const plan = (graph: Graph, lasting: Lasting): Plan => {
  const fused = fuse(graph)
  const placed = placeValues(graph, fused, lasting)
  const asked = fused.run.filter(value => !placed.isView(value)).map(taskOf(fused, placed))
  const tasks = order(asked, needsOf(asked, fused, placed)).map(index => asked[index] as Task) // an order of them all
  const inputs = inputsAmong(fused.run, placed)
  const outputs = Object.entries(graph.outputs).map(([name, value]) => ({
    name,
    floats: sizeOf(value.shape),
    place: placed.placeOf(value),
  }))
  return {
    tasks,
    inputs,
    outputs,
    arena: layBuffers(livesOf(tasks, inputs, outputs)),
    scratch: tasks.reduce((most, { emitted }) => Math.max(most, emitted.scratch ?? 0), 0),
  }
}

/** The kernel calls of a plan whose buffers have addresses. */
export const link = ({ tasks }: Plan, addressOf: (buffer: Buffer) => number): readonly (readonly Step[])[] =>
  tasks.map(({ emitted, work }) =>
    emitted.steps(({ buffer, offset }) => addressOf(buffer) + offset, work.map(addressOf)),
  )
