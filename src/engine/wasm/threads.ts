/**
 * Threads that share a session's memory: each runs its part of every large step, with a barrier between steps. The
 * parts change no order of sums, so results are equal for any number of threads.
 */
import { Worker } from 'node:worker_threads'
import type { Instance, Memory, Module } from './host.js'

/** Kernels by name; the first two arguments are a range of units. */
export type Kernels = Readonly<Record<string, (...args: readonly number[]) => void>>

/** A kernel call; one that is not `shared` is too small for more than one thread. */
export interface Part {
  readonly kernel: string
  readonly units: number
  readonly args: readonly number[]
  readonly shared: boolean
}

/** Three numbers at the start of the memory: threads at the barrier, barriers passed, whether a thread failed. */
export const barrier = { arrived: 2, passed: 3, failed: 4 } as const

/** Whether a thread failed in a memory: others may still wait in it. */
export const hasFailed = ({ buffer }: Memory): boolean =>
  Atomics.load(new Int32Array(buffer, 0, 16), barrier.failed) !== 0

/**
 * Runs one thread's part of all steps, in order. It is sent to the workers as source text, so it references nothing
 * outside. Waiting threads spin at first, then sleep.
 */
export function runPart(
  kernels: Kernels,
  steps: readonly Part[],
  thread: number,
  threads: number,
  control: Int32Array,
  { arrived, passed, failed }: typeof barrier,
): void {
  let alone = false
  for (const { kernel, units, args, shared } of steps) {
    const run = kernels[kernel]
    if (run === undefined) throw new RangeError(`no kernel ${kernel}`)
    if (!shared) {
      if (thread === 0) run(0, units, ...args)
      alone = true
      continue
    }
    for (let barriers = alone ? 2 : 1; barriers > 0; barriers--) {
      if (barriers === 1) {
        const from = Math.floor((units * thread) / threads)
        const to = Math.floor((units * (thread + 1)) / threads)
        if (from < to) run(from, to, ...args)
      }
      const before = Atomics.load(control, passed)
      if (Atomics.add(control, arrived, 1) === threads - 1) {
        Atomics.store(control, arrived, 0)
        Atomics.add(control, passed, 1)
        Atomics.notify(control, passed)
      } else {
        for (let spins = 0; spins < 2000 && Atomics.load(control, passed) === before; spins++);
        while (Atomics.load(control, passed) === before && Atomics.load(control, failed) === 0)
          Atomics.wait(control, passed, before)
        if (Atomics.load(control, failed) !== 0) throw new Error('a thread of the wasm engine failed')
      }
    }
    alone = false
  }
}

/** The source of a worker: instantiates a session, runs its part of calls, forgets the session. */
const listen = `
const { parentPort, workerData: { thread, threads, barrier } } = require('node:worker_threads')
const runPart = ${runPart.toString()}
const sessions = new Map()
const fail = control => {
  Atomics.store(control, barrier.failed, 1)
  Atomics.add(control, barrier.passed, 1)
  Atomics.notify(control, barrier.passed)
}
parentPort.on('message', ({ id, open, call }) => {
  if (open !== undefined) sessions.set(id, open)
  else if (call === undefined) sessions.delete(id)
  else {
    const session = sessions.get(id)
    const control = new Int32Array(session.memory.buffer, 0, 16)
    try {
      if (session.kernels === undefined) {
        session.kernels = new WebAssembly.Instance(session.module, { env: { memory: session.memory } }).exports
        session.kernels.begin(session.scratch)
      }
      runPart(session.kernels, session.calls[call], thread, threads, control, barrier)
    } catch {
      fail(control)
    }
  }
})
`

/** The data of a session that workers need. */
export interface Shared {
  readonly module: Module
  readonly memory: Memory
  readonly calls: Readonly<Record<string, readonly Part[]>>
  /** Address of each thread's scratch memory. */
  readonly scratch: (thread: number) => number
}

/** A session on all threads. */
export interface ThreadGroup {
  /** Wakes the workers only where a step is shared. */
  readonly run: (call: string) => void
  readonly close: () => void
}

export interface ThreadPool {
  readonly threads: number
  readonly gather: (instance: Instance, session: Shared) => ThreadGroup
}

/** Starts a worker that does not keep the process alive. */
const startWorker = (thread: number, threads: number): Worker => {
  const worker = new Worker(listen, { eval: true, execArgv: [], workerData: { thread, threads, barrier } })
  worker.unref()
  return worker
}

const startPool = (threads: number): ThreadPool => {
  const workers = Array.from({ length: threads - 1 }, (_, nth) => startWorker(nth + 1, threads))
  let sessions = 0
  return {
    threads,
    gather: (instance, { module, memory, calls, scratch }) => {
      const id = sessions++
      const kernels = instance.exports as Kernels // as kernels/index.ts exports them
      const control = new Int32Array(memory.buffer, 0, 16)
      kernels.begin?.(scratch(0))
      workers.forEach((worker, nth) => {
        worker.postMessage({ id, open: { module, memory, calls, scratch: scratch(nth + 1) } })
      })
      return {
        run: call => {
          const steps = calls[call] ?? []
          if (steps.some(({ shared }) => shared))
            for (const worker of workers) worker.postMessage({ id, call })
          runPart(kernels, steps, 0, threads, control, barrier)
        },
        close: () => {
          for (const worker of workers) worker.postMessage({ id })
        },
      }
    },
  }
}

const pools = new Map<number, ThreadPool>()

/** This thread and `threads` − 1 workers, which the whole process shares. */
export const startThreads = (threads: number): ThreadPool => {
  const known = pools.get(threads) ?? startPool(threads)
  pools.set(threads, known)
  return known
}
