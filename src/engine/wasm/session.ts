/** A program in a wasm memory that is its own until it is closed. */
import type { Program } from '../../graph/graph.js'
import type { Weights } from '../../net/weights.js'
import type { Feeds, Fetched, Session } from '../engine.js'
import { type Memory, type Module, WebAssembly } from './host.js'
import { type Call, type Layout, layout, type Spot } from './planning/layout.js'
import type { Pool } from './pool.js'
import type { ThreadPool } from './threads.js'

/** What the sessions of one engine share. */
export interface Means {
  readonly crew: ThreadPool
  readonly module: Module
  readonly pool: Pool
}

/** Numbers in a memory, by address. */
type Heap = (spot: Spot) => Float32Array

const heapOf =
  ({ buffer }: Memory): Heap =>
  ({ address, floats }) =>
    new Float32Array(buffer, address, floats)

const begin = (heap: Heap, { lasting, constants }: Layout): void => {
  heap({ address: 0, floats: lasting / 4 }).fill(0)
  for (const { address, value } of constants) heap({ address, floats: 1 })[0] = value
}

const feed = (heap: Heap, { inputs }: Call, feeds: Feeds): void => {
  for (const { name, ...spot } of inputs) {
    const data = feeds[name]
    if (data?.length !== spot.floats)
      throw new RangeError(`feed ${name}: expected ${spot.floats} values, got ${data?.length ?? 'nothing'}`)
    heap(spot).set(data)
  }
}

const fetch = (heap: Heap, { outputs }: Call): Readonly<Record<string, Float32Array>> =>
  Object.fromEntries(outputs.map(({ name, ...spot }) => [name, heap(spot).slice()]))

const readAll = (heap: Heap, { variables }: Layout): Weights =>
  Object.fromEntries(
    Object.entries(variables).map(([name, { shape, ...spot }]) => [
      name,
      { shape, data: heap(spot).slice() },
    ]),
  )

const writeKnown = (heap: Heap, { variables }: Layout, values: Weights): void => {
  for (const [name, { data }] of Object.entries(values)) {
    const spot = variables[name]
    if (spot !== undefined) heap(spot).set(data)
  }
}

/**
 * Opens a program.
 *
 * Law  closed, its memory serves the next session
 */
export const openSession = <P extends Program>({ crew, module, pool }: Means, program: P): Session<P> => {
  const laid = layout(program, crew.threads)
  const memory = pool.take(laid.bytes)
  const heap = heapOf(memory)
  begin(heap, laid)
  const ensemble = crew.gather(new WebAssembly.Instance(module, { env: { memory } }), {
    module,
    memory,
    calls: Object.fromEntries(Object.entries(laid.calls).map(([name, { steps }]) => [name, steps])),
    scratch: laid.scratch,
  })
  let closed = false
  const ifOpen = (): void => {
    if (closed) throw new RangeError('the session is closed')
  }
  return {
    run: (name, feeds) => {
      ifOpen()
      const call = laid.calls[String(name)]
      if (call === undefined) throw new RangeError(`no call ${String(name)}`)
      feed(heap, call, feeds)
      ensemble.run(String(name))
      return fetch(heap, call) as Fetched<P[typeof name]> // one output a name
    },
    read: () => {
      ifOpen()
      return readAll(heap, laid)
    },
    write: values => {
      ifOpen()
      writeKnown(heap, laid, values)
    },
    close: () => {
      if (closed) return
      closed = true
      ensemble.close()
      pool.give(memory)
    },
  }
}
