/** A program in TensorFlow: one graph with all its calls, opened once; each run is one native call. */
import type { Program } from '../../graph/graph.js'
import { type Shape, sizeOf } from '../../net/shape.js'
import type { Weights } from '../../net/weights.js'
import type { Feeds, Fetched, Session } from '../engine.js'
import type { SessionOptions } from './config.js'
import { type Access, type Call, type Emission, emitProgram } from './graph/program.js'
import type { Port } from './graph/proto.js'
import type { OpenGraph, Runtime, Split } from './runtime.js'

const checkFeed = (name: string, shape: Shape, data: Float32Array | undefined): Float32Array => {
  if (data?.length !== sizeOf(shape))
    throw new RangeError(`feed ${name}: expected [${shape}], got ${data?.length ?? 'nothing'}`)
  return data
}

type Results = Readonly<Record<string, Float32Array>>

/** Runs one call by names, and the same off the event loop. */
interface NamedRunner {
  readonly run: (feeds: Feeds) => Results
  readonly runAsync: (feeds: Feeds) => Promise<Results>
  readonly trace: (feeds: Feeds) => Uint8Array | undefined
}

const makeRunner = (graph: OpenGraph, { inputs, outputs, done }: Call, split: Split): NamedRunner => {
  const names = Object.keys(outputs)
  const ports = Object.entries(inputs)
  const runner = graph.prepare({
    inputs: Object.values(inputs),
    outputs: Object.values(outputs),
    targets: [done],
    split,
  })
  const whole = ({ shape: [rows, ...row] }: Port): Shape =>
    rows === undefined ? [] : [split.parts * rows, ...row]
  const inOrder = (feeds: Feeds) => ports.map(([name, port]) => checkFeed(name, whole(port), feeds[name]))
  const byName = (values: readonly Float32Array[]): Results =>
    Object.fromEntries(names.map((name, nth) => [name, values[nth] as Float32Array])) // as many as names
  return {
    run: feeds => byName(runner.run(inOrder(feeds))),
    runAsync: async feeds => byName(await runner.runAsync(inOrder(feeds))),
    trace: feeds => runner.trace?.(inOrder(feeds)),
  }
}

/** Reads all variables. */
const makeReader = (graph: OpenGraph, accesses: Emission['variables']): (() => Weights) => {
  const variables = Object.entries(accesses)
  if (variables.length === 0) return () => ({})
  const runner = graph.prepare({
    inputs: [],
    outputs: variables.map(([, { read }]) => read),
    targets: [],
  })
  return () => {
    const values = runner.run([])
    return Object.fromEntries(
      variables.map(([name, { shape }], nth) => [name, { shape, data: values[nth] as Float32Array }]), // as many as variables
    )
  }
}

const prepareWrite = (graph: OpenGraph, accesses: readonly Access[]) =>
  graph.prepare({
    inputs: accesses.map(({ fed, shape }) => ({ ref: fed, shape })),
    outputs: [],
    targets: accesses.map(({ assigned }) => assigned),
  })

/** Sets variables; each set of names is prepared once. */
const makeWriter = (graph: OpenGraph, accesses: Emission['variables']): ((weights: Weights) => void) => {
  const prepared = new Map<string, ReturnType<typeof prepareWrite>>()
  return weights => {
    const known = Object.entries(weights).flatMap(([name, { data }]) => {
      const access = accesses[name]
      return access === undefined ? [] : [{ access, data: checkFeed(name, access.shape, data) }]
    })
    if (known.length === 0) return
    const key = known.map(({ access }) => access.fed).join()
    const runner =
      prepared.get(key) ??
      prepareWrite(
        graph,
        known.map(({ access }) => access),
      )
    prepared.set(key, runner)
    runner.run(known.map(({ data }) => data))
  }
}

/** A session that can tell the times of its nodes. */
export interface TracedSession<P extends Program> extends Session<P> {
  /** Runs one call and its updates; returns a RunMetadata, where the runtime has one. */
  readonly trace: (call: keyof P, feeds: Feeds) => Uint8Array | undefined
}

/**
 * Opens a program on a runtime; where `options` ask for parts, the program is that of a part. Throws TensorFlow's error.
 *
 * Law  after closing, no tensor and no graph remains
 */
export const openSession = <P extends Program>(
  runtime: Runtime,
  options: SessionOptions,
  program: P,
  constants: Weights = {},
): TracedSession<P> => {
  const { parts = 1, threads } = options
  const emission = emitProgram({
    kernels: runtime.hasKernels === true,
    threads: parts > 1 ? 1 : threads,
  })(program, constants)
  const graph = runtime.open(emission, options)
  graph.prepare({ inputs: [], outputs: [], targets: [emission.begun] }).run([])
  const split = { parts, threads: Math.min(parts, threads) }
  const runners = new Map(
    Object.entries(emission.calls).map(([name, call]) => [name, makeRunner(graph, call, split)] as const),
  )
  const runnerOf = (call: keyof P): NamedRunner => {
    const runner = runners.get(String(call))
    if (runner === undefined) throw new RangeError(`no call ${String(call)}`)
    return runner
  }
  const readVariables = makeReader(graph, emission.variables)
  return {
    run: (call, feeds) => runnerOf(call).run(feeds) as Fetched<P[typeof call]>, // the emission keeps the outputs' names
    runAsync: async (call, feeds) => (await runnerOf(call).runAsync(feeds)) as Fetched<P[typeof call]>, // as above
    trace: (call, feeds) => runnerOf(call).trace(feeds),
    read: () => ({ ...readVariables(), ...constants }),
    write: makeWriter(graph, emission.variables),
    close: graph.close,
  }
}
