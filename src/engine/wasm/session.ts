/** A session: a program in a wasm memory of its own. */
import type { Program } from '../../graph/graph.js'
import type { Weights } from '../../net/weights.js'
import type { Feeds, Fetched, Session } from '../engine.js'
import { type Memory, type Module, WebAssembly } from './host.js'
import { type Call, type Layout, layout, type Spot } from './planning/layout.js'
import type { Pool } from './pool.js'
import type { ThreadPool } from './threads.js'

/** The threads, the module and the memories that the sessions of an engine share. */
export interface SessionContext {
  readonly crew: ThreadPool
  readonly module: Module
  readonly pool: Pool
}

/** The floats of a spot in a memory. */
type Heap = (spot: Spot) => Float32Array

const heapOf =
  ({ buffer }: Memory): Heap =>
  ({ address, floats }) =>
    new Float32Array(buffer, address, floats)

const initialize = (heap: Heap, { lasting, constants }: Layout): void => {
  heap({ address: 0, floats: lasting / 4 }).fill(0)
  for (const { address, value } of constants) heap({ address, floats: 1 })[0] = value
}

const writeFeeds = (heap: Heap, { inputs }: Call, feeds: Feeds): void => {
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

const writeVariables = (heap: Heap, { variables }: Layout, values: Weights): void => {
  for (const [name, { data }] of Object.entries(values)) {
    const spot = variables[name]
    if (spot !== undefined) heap(spot).set(data)
  }
}

/**
 * Opens a program.
 *
 * Law  once closed, its memory is reused
 */
export const openSession = <P extends Program>(
  { crew, module, pool }: SessionContext,
  program: P,
): Session<P> => {
  const plan = layout(program, crew.threads)
  const memory = pool.take(plan.bytes)
  const heap = heapOf(memory)
  initialize(heap, plan)
  const threadGroup = crew.gather(new WebAssembly.Instance(module, { env: { memory } }), {
    module,
    memory,
    calls: Object.fromEntries(Object.entries(plan.calls).map(([name, { steps }]) => [name, steps])),
    scratch: plan.scratch,
  })
  let closed = false
  const requireOpen = (): void => {
    if (closed) throw new RangeError('the session is closed')
  }
  return {
    run: (name, feeds) => {
      requireOpen()
      const call = plan.calls[String(name)]
      if (call === undefined) throw new RangeError(`no call ${String(name)}`)
      writeFeeds(heap, call, feeds)
      threadGroup.run(String(name))
      return readOutputs(heap, call) as Fetched<P[typeof name]> // one output a name
    },
    read: () => {
      requireOpen()
      return readVariables(heap, plan)
    },
    write: values => {
      requireOpen()
      writeVariables(heap, plan, values)
    },
    close: () => {
      if (closed) return
      closed = true
      threadGroup.close()
      pool.give(memory)
    },
  }
}
