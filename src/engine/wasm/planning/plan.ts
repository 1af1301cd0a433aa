/** Plans a graph as kernel calls and buffers. Addresses are assigned later, when every call is planned. */
import { type Graph, isUpdate, type Kind, slotsOf, type Value } from '../../../graph/graph.js'
import { sizeOf } from '../../../net/shape.js'
import { copy } from '../emitters/copy.js'
import type { Emitted, Emitter, Preparation, Site } from '../emitters/emitter.js'
import { emitters } from '../emitters/index.js'
import { type Arena, type Lifetime, layBuffers } from './arena.js'
import { type Buffer, type Place, temporaryBuffer } from './buffers.js'
import { type Fused, fuse } from './fuse.js'
import { order } from './order.js'
import { type PersistentMemory, type Placement, placeValues } from './placement.js'

/** An input or output of a call, and its place. */
export interface Port {
  readonly name: string
  readonly floats: number
  readonly place: Place
}

/** A preparation, and the buffer it writes. */
interface Prepared {
  readonly preparation: Preparation
  readonly buffer: Buffer
}

/** One value to compute. */
export interface Task {
  readonly value: Value
  readonly emitted: Emitted
  readonly work: readonly Buffer[]
  readonly prepared: readonly Prepared[]
  /** Temporary buffers that it reads or writes. */
  readonly touches: readonly Buffer[]
}

export interface Plan {
  readonly tasks: readonly Task[]
  /** Those whose results are the same in every call. */
  readonly fixedTasks: readonly Task[]
  readonly inputs: readonly Port[]
  readonly outputs: readonly Port[]
  readonly arena: Arena
  /** Scratch bytes of each thread. */
  readonly scratch: number
}

const siteOf = (value: Value, fused: Fused, placement: Placement): Site => {
  const all = fused.inputsOf(value)
  const own = all.slice(0, value.inputs.length)
  return {
    value,
    inputs: own.map(placement.placeOf),
    output: placement.placeOf(value),
    others: placement.othersOf(value),
    behind: own.map(placement.othersOf),
    finish: fused.finishOf(value),
    finishing: all.slice(value.inputs.length).map(placement.placeOf),
    variables: placement.variablesOf(value),
  }
}

/** An update that another follows saves a copy of its result. */
const emit = (site: Site): Emitted => {
  const { value, output, variables } = site
  const emitter = emitters[value.op.kind] as Emitter<Kind> // the kind picks the entry
  const emitted = emitter(site)
  if (!isUpdate(value.op) || output.buffer === variables[0]?.buffer) return emitted
  const saved = copy(value.shape, variables, output)
  return {
    ...emitted,
    steps: (at, work, prepared) => [...emitted.steps(at, work, prepared), ...saved.steps(at, [], [])],
  }
}

/** What is made of fixed memory alone is kept. */
const prepare =
  ({ prepared }: PersistentMemory) =>
  (preparation: Preparation): Prepared => {
    const { floats, inputs } = preparation
    const isFixed = inputs.every(({ buffer }) => buffer.fixed)
    return { preparation, buffer: isFixed ? prepared(floats) : temporaryBuffer(floats) }
  }

const taskOf =
  (fused: Fused, placement: Placement, memory: PersistentMemory) =>
  (value: Value): Task => {
    const site = siteOf(value, fused, placement)
    const emitted = emit(site)
    const work = (emitted.work ?? []).map(placement.isFixed(value) ? memory.prepared : temporaryBuffer)
    const prepared = (emitted.prepared ?? []).map(prepare(memory))
    const { inputs, output, others, behind, finishing } = site
    const places = [...inputs, output, ...others, ...behind.flat(), ...finishing]
    const buffers = [...[...places, ...prepared].map(({ buffer }) => buffer), ...work]
    const touches = new Set(buffers.filter(({ lasting }) => !lasting))
    return { value, emitted, work, prepared, touches: [...touches] }
  }

/** The dependencies of each task, by index: the producers of its inputs; for an update, the readers of its variable. */
const needsOf = (tasks: readonly Task[], { inputsOf, ontoOf, standIn }: Fused, { isView }: Placement) => {
  const indices = new Map(tasks.map(({ value }, index) => [value, index]))
  const readers = new Map<string, number[]>()

  const recordRead = (name: string, reader: number): void => {
    readers.set(name, [...(readers.get(name) ?? []), reader])
  }
  const addNeeds = (value: Value, reader: number, needs: Set<number>): void => {
    const own = standIn(value)
    const producer = indices.get(own)
    if (producer !== undefined) needs.add(producer)
    else if (own.op.kind === 'weight') recordRead(own.op.name, reader)
    else if (isView(own)) for (const input of inputsOf(own)) addNeeds(input, reader, needs)
  }
  const needs = tasks.map(({ value }, index) => {
    const taskNeeds = new Set<number>()
    const onto = ontoOf(value)
    if (value.op.kind === 'weight') recordRead(value.op.name, index)
    for (const input of onto === undefined ? inputsOf(value) : [...inputsOf(value), onto])
      addNeeds(input, index, taskNeeds)
    return taskNeeds
  })
  const lastUpdates = new Map<string, number>()
  tasks.forEach(({ value: { op } }, index) => {
    if (!isUpdate(op)) return
    for (const name of [op.name, ...slotsOf(op)])
      for (const reader of readers.get(name) ?? []) if (reader !== index) needs[index]?.add(reader)
    const earlier = lastUpdates.get(op.name)
    if (earlier !== undefined) needs[index]?.add(earlier)
    lastUpdates.set(op.name, index)
  })
  return needs
}

const lifetimesOf = (
  tasks: readonly Task[],
  inputs: readonly Port[],
  outputs: readonly Port[],
): ReadonlyMap<Buffer, Lifetime> => {
  const lifetimes = new Map<Buffer, Lifetime>()
  const extendLifetime = (buffer: Buffer, at: number): void => {
    const { first, last } = lifetimes.get(buffer) ?? { first: at, last: at }
    if (!buffer.lasting) lifetimes.set(buffer, { first: Math.min(first, at), last: Math.max(last, at) })
  }
  for (const { place } of inputs) extendLifetime(place.buffer, -1)
  tasks.forEach(({ touches }, at) => {
    for (const buffer of touches) extendLifetime(buffer, at)
  })
  for (const { place } of outputs) extendLifetime(place.buffer, tasks.length)
  return lifetimes
}

const inputPorts = (values: readonly Value[], { placeOf }: Placement): readonly Port[] => {
  const byName = values.flatMap(value =>
    value.op.kind === 'input'
      ? [
          [
            value.op.name,
            { name: value.op.name, floats: sizeOf(value.shape), place: placeOf(value) },
          ] as const,
        ]
      : [],
  )
  return [...new Map(byName).values()]
}

/**
 * Plans one call.
 *
 * Law  the kernel calls, in order, compute every output and update of the graph
 */
export const plan = (graph: Graph, lasting: PersistentMemory): Plan => {
  const fused = fuse(graph)
  const placement = placeValues(graph, fused, lasting)
  const all = fused.run.filter(value => !placement.isView(value)).map(taskOf(fused, placement, lasting))
  const unordered = all.filter(({ value }) => !placement.isFixed(value))
  const tasks = order(unordered, needsOf(unordered, fused, placement)).map(index => unordered[index] as Task) // an order of them all
  const inputs = inputPorts(fused.run, placement)
  const outputs = Object.entries(graph.outputs).map(([name, value]) => ({
    name,
    floats: sizeOf(value.shape),
    place: placement.placeOf(value),
  }))
  return {
    tasks,
    fixedTasks: all.filter(({ value }) => placement.isFixed(value)),
    inputs,
    outputs,
    arena: layBuffers(lifetimesOf(tasks, inputs, outputs)),
    scratch: all.reduce((max, { emitted }) => Math.max(max, emitted.scratch ?? 0), 0),
  }
}
