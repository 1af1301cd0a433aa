/** A program interpreted on a tfjs backend: every operation one or a few tfjs operations, every call one tidy scope. */
import * as tf from '@tensorflow/tfjs-core'
import { type Graph, type Kind, type Program, type Value, valuesOf, variablesOf } from '../../graph/graph.js'
import { sizeOf } from '../../net/shape.js'
import type { Weights } from '../../net/weights.js'
import type { Feeds, Fetched, Session } from '../engine.js'
import { type Call, type Inputs, interpreters, type Results } from './kernels.js'

type Variables = Map<string, tf.Tensor>

const fed = (feeds: Feeds, name: string, shape: readonly number[]): tf.Tensor => {
  const given = feeds[name]
  if (given?.length !== sizeOf(shape))
    throw new RangeError(`feed ${name}: wanted [${shape}], got ${given?.length ?? 'nothing'}`)
  return tf.tensor(given.slice(), [...shape])
}

const missing = (name: string): never => {
  throw new RangeError(`no variable ${name}`)
}

/** What one call sees: variables as they were, and as its updates leave them. */
const callOver = (variables: Variables, changed: Variables, feeds: Feeds): Call => {
  const before = (name: string) => variables.get(name) ?? missing(name)
  return {
    feed: (name, shape) => fed(feeds, name, shape),
    before,
    now: name => changed.get(name) ?? before(name),
    set: (name, value) => {
      changed.set(name, value)
      return value
    },
  }
}

const resultsOf = (value: Value, done: ReadonlyMap<Value, Results>, call: Call): Results => {
  const [whole] = value.inputs
  if (value.op.kind === 'part' && whole !== undefined) return done.get(whole)?.slice(value.op.index) ?? []
  const interpret = interpreters[value.op.kind as Exclude<Kind, 'part'>] // a part always has its whole
  const inputs = value.inputs.map(input => done.get(input)?.[0])
  const results = interpret(value as never, inputs as unknown as Inputs, call) // the kind picks the entry; inputs come first
  return results instanceof tf.Tensor ? [results] : results
}

const evaluate = (graph: Graph, call: Call): Readonly<Record<string, Float32Array>> => {
  const done = new Map<Value, Results>()
  for (const value of valuesOf(graph)) done.set(value, resultsOf(value, done, call))
  const fetched = (value: Value) => Float32Array.from(done.get(value)?.[0]?.dataSync() ?? [])
  return Object.fromEntries(Object.entries(graph.outputs).map(([name, value]) => [name, fetched(value)]))
}

/** Puts changed tensors in the old ones' places; what replaces a variable outlives the scope it was made in. */
const replace = (variables: Variables, changed: Variables): void => {
  for (const [name, value] of changed) {
    const own = tf.keep(tf.clone(value))
    variables.get(name)?.dispose()
    variables.set(name, own)
  }
}

const begun = (program: Program): Variables =>
  new Map(Object.entries(variablesOf(program)).map(([name, shape]) => [name, tf.zeros([...shape])]))

/**
 * Opens a program on the backend of this name, which must be registered.
 *
 * Law  closed, no tensor of it is left
 */
export const openSession = <P extends Program>(backend: string, program: P): Session<P> => {
  const onBackend = <A>(work: () => A): A => {
    tf.engine().startScope()
    try {
      if (tf.getBackend() !== backend) void tf.setBackend(backend) // in place at once: its factory is not asynchronous
      return work()
    } finally {
      tf.engine().endScope()
    }
  }
  const variables: Variables = new Map()
  onBackend(() => replace(variables, begun(program)))
  return {
    run: (name, feeds) =>
      onBackend(() => {
        const graph: Graph = program[name] ?? missing(String(name))
        const changed: Variables = new Map()
        const outputs = evaluate(graph, callOver(variables, changed, feeds))
        replace(variables, changed)
        return outputs as Fetched<P[typeof name]> // one output a name
      }),
    read: (): Weights =>
      Object.fromEntries(
        [...variables].map(([name, value]) => [
          name,
          { shape: value.shape, data: Float32Array.from(value.dataSync()) },
        ]),
      ),
    write: values =>
      onBackend(() => {
        const known = Object.entries(values).filter(([name]) => variables.has(name))
        replace(
          variables,
          new Map(known.map(([name, { shape, data }]) => [name, tf.tensor(data.slice(), [...shape])])),
        )
      }),
    close: () => {
      for (const value of variables.values()) value.dispose()
      variables.clear()
    },
  }
}
