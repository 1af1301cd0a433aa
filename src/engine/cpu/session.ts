/** A program interpreted on a tfjs backend: each operation is one or a few tfjs operations, each call one tidy scope. */
import * as tf from '@tensorflow/tfjs-core'
import { type Graph, type Kind, type Program, type Value, valuesOf, variablesOf } from '../../graph/graph.js'
import { sizeOf } from '../../net/shape.js'
import type { Weights } from '../../net/weights.js'
import { blocking, type Feeds, type Fetched, type Session } from '../engine.js'
import { type Call, type Inputs, interpreters, type Results } from './kernels.js'

type Variables = Map<string, tf.Tensor>

const feedTensor = (feeds: Feeds, name: string, shape: readonly number[]): tf.Tensor => {
  const data = feeds[name]
  if (data?.length !== sizeOf(shape))
    throw new RangeError(`feed ${name}: expected [${shape}], got ${data?.length ?? 'nothing'}`)
  return tf.tensor(data.slice(), [...shape])
}

const missing = (name: string): never => {
  throw new RangeError(`no variable ${name}`)
}

/** A call's view of the variables: as they were, and as its updates leave them. */
const callOver = (variables: Variables, updated: Variables, feeds: Feeds): Call => {
  const before = (name: string) => variables.get(name) ?? missing(name)
  return {
    feed: (name, shape) => feedTensor(feeds, name, shape),
    before,
    now: name => updated.get(name) ?? before(name),
    set: (name, value) => {
      updated.set(name, value)
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
  const results = new Map<Value, Results>()
  for (const value of valuesOf(graph)) results.set(value, resultsOf(value, results, call))
  const numbersOf = (value: Value) => Float32Array.from(results.get(value)?.[0]?.dataSync() ?? [])
  return Object.fromEntries(Object.entries(graph.outputs).map(([name, value]) => [name, numbersOf(value)]))
}

/** Replaces variables by updated tensors, which are kept beyond the scope that made them. */
const replace = (variables: Variables, updated: Variables): void => {
  for (const [name, value] of updated) {
    const own = tf.keep(tf.clone(value))
    variables.get(name)?.dispose()
    variables.set(name, own)
  }
}

const zeros = (program: Program): Variables =>
  new Map(Object.entries(variablesOf(program)).map(([name, shape]) => [name, tf.zeros([...shape])]))

/** Runs an effect on a backend; tensors that it does not keep are disposed of. */
const onBackend = <A>(backend: string, effect: () => A): A => {
  tf.engine().startScope()
  try {
    if (tf.getBackend() !== backend) void tf.setBackend(backend) // in place at once: its factory is not asynchronous
    return effect()
  } finally {
    tf.engine().endScope()
  }
}

const runCall = (
  variables: Variables,
  graph: Graph,
  feeds: Feeds,
): Readonly<Record<string, Float32Array>> => {
  const updated: Variables = new Map()
  const outputs = evaluate(graph, callOver(variables, updated, feeds))
  replace(variables, updated)
  return outputs
}

const readVariables = (variables: Variables): Weights =>
  Object.fromEntries(
    [...variables].map(([name, value]) => [
      name,
      { shape: value.shape, data: Float32Array.from(value.dataSync()) },
    ]),
  )

/** Sets the variables that `weights` names; other names are ignored. */
const writeVariables = (variables: Variables, weights: Weights): void => {
  const known = Object.entries(weights).filter(([name]) => variables.has(name))
  replace(
    variables,
    new Map(known.map(([name, { shape, data }]) => [name, tf.tensor(data.slice(), [...shape])])),
  )
}

const dispose = (variables: Variables): void => {
  for (const value of variables.values()) value.dispose()
  variables.clear()
}

/**
 * Opens a program on the backend of this name, which must be registered.
 *
 * Law  once closed, none of its tensors is left
 */
export const openSession = <P extends Program>(backend: string, program: P): Session<P> => {
  const variables: Variables = new Map()
  onBackend(backend, () => replace(variables, zeros(program)))
  return blocking({
    run: (name, feeds) => {
      const graph: Graph = program[name] ?? missing(String(name))
      return onBackend(backend, () => runCall(variables, graph, feeds)) as Fetched<P[typeof name]> // one output a name
    },
    read: () => readVariables(variables),
    write: weights => onBackend(backend, () => writeVariables(variables, weights)),
    close: () => dispose(variables),
  })
}
