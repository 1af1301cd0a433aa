/** A session: a program in a wasm memory of its own. */
import type { Program } from '../../graph/graph.js'
import type { Weights } from '../../net/weights.js'
import { blocking, type Feeds, type Fetched, type Session } from '../engine.js'
import { type Memory, type Module, WebAssembly } from './host.js'
import { type Call, firstAddress, type Layout, layout, type Spot } from './planning/layout.js'
import type { Pool } from './pool.js'
import { hasFailed, type Part, type ThreadGroup, type ThreadPool } from './threads.js'

/** The threads, the module and the memories that the sessions of an engine share. */
export interface SessionContext {
  readonly threadPool: ThreadPool
  readonly module: Module
  readonly memoryPool: Pool
}

/** The floats of a spot in a memory. */
export type Heap = (spot: Spot) => Float32Array

const heapOf =
  ({ buffer }: Memory): Heap =>
  ({ address, floats }) =>
    new Float32Array(buffer, address, floats)

/**
 * Variables begin as zeros. The barrier's numbers stay: a thread of the memory's last session may still be waking up at
 * its last barrier, and would wait there for ever if the count began anew.
 */
const initialize = (heap: Heap, { lasting, constants }: Layout): void => {
  heap({ address: firstAddress, floats: (lasting - firstAddress) / 4 }).fill(0)
  for (const { address, value } of constants) heap({ address, floats: 1 })[0] = value
}

export const writeFeeds = (heap: Heap, { inputs }: Call, feeds: Feeds): void => {
  for (const { name, ...spot } of inputs) {
    const data = feeds[name]
    if (data?.length !== spot.floats)
      throw new RangeError(`feed ${name}: expected ${spot.floats} values, got ${data?.length ?? 'nothing'}`)
    heap(spot).set(data)
  }
}

const readOutputs = (heap: Heap, { outputs }: Call): Readonly<Record<string, Float32Array>> =>
  Object.fromEntries(outputs.map(({ name, ...spot }) => [name, heap(spot).slice()]))

const readVariables = (heap: Heap, { variables }: Layout): Weights =>
  Object.fromEntries(
    Object.entries(variables).map(([name, { shape, ...spot }]) => [
      name,
      { shape, data: heap(spot).slice() },
    ]),
  )

export const writeVariables = (heap: Heap, { variables }: Layout, values: Weights): void => {
  for (const [name, { data }] of Object.entries(values)) {
    const spot = variables[name]
    if (spot !== undefined) heap(spot).set(data)
  }
}

/** A program laid out in a memory of its own. */
export interface PlacedProgram {
  readonly plan: Layout
  readonly memory: Memory
  readonly heap: Heap
}

export const placeProgram = (program: Program, threads: number, memories: Pool): PlacedProgram => {
  const plan = layout(program, threads)
  const memory = memories.take(plan.bytes)
  const heap = heapOf(memory)
  initialize(heap, plan)
  return { plan, memory, heap }
}

export const requireCall = ({ calls }: Layout, name: string): Call => {
  const call = calls[name]
  if (call === undefined) throw new RangeError(`no call ${name}`)
  return call
}

const stepsOf = ({ operations }: Call): readonly Part[] => operations.flatMap(({ steps }) => steps)

/** The name of the preparation among the calls of the threads. No call of a program is without a name. */
const preparationCall = ''

/** A program that threads run. */
interface LoadedProgram extends PlacedProgram {
  readonly threadGroup: ThreadGroup
}

const loadProgram = ({ threadPool, module, memoryPool }: SessionContext, program: Program): LoadedProgram => {
  const placed = placeProgram(program, threadPool.threads, memoryPool)
  const { plan, memory } = placed
  const threadGroup = threadPool.gather(new WebAssembly.Instance(module, { env: { memory } }), {
    module,
    memory,
    calls: {
      ...Object.fromEntries(Object.entries(plan.calls).map(([name, call]) => [name, stepsOf(call)])),
      [preparationCall]: plan.preparation,
    },
    scratch: plan.scratch,
  })
  return { ...placed, threadGroup }
}

const runCall = ({ plan, heap, threadGroup }: LoadedProgram, name: string, feeds: Feeds) => {
  const call = requireCall(plan, name)
  writeFeeds(heap, call, feeds)
  threadGroup.run(name)
  return readOutputs(heap, call)
}

/**
 * Opens a program.
 *
 * Law  once closed, its memory is reused, unless a thread failed in it
 */
export const openSession = <P extends Program>(context: SessionContext, program: P): Session<P> => {
  const loaded = loadProgram(context, program)
  let isClosed = false
  let isPrepared = false
  const requireOpen = (): LoadedProgram => {
    if (isClosed) throw new RangeError('the session is closed')
    return loaded
  }
  const requirePrepared = (): LoadedProgram => {
    const { threadGroup } = requireOpen()
    if (!isPrepared) threadGroup.run(preparationCall)
    isPrepared = true
    return loaded
  }
  return blocking({
    run: (name, feeds) => runCall(requirePrepared(), String(name), feeds) as Fetched<P[typeof name]>, // one output a name
    read: () => readVariables(requireOpen().heap, loaded.plan),
    write: values => {
      writeVariables(requireOpen().heap, loaded.plan, values)
      isPrepared = false
    },
    close: () => {
      if (isClosed) return
      isClosed = true
      loaded.threadGroup.close()
      if (!hasFailed(loaded.memory)) context.memoryPool.give(loaded.memory)
    },
  })
}
