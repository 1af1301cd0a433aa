/**
 * The independent oracle: graphs interpreted in float64 by plain loops, each as its definition reads.
 * Nothing is shared with an engine but the operations' own types.
 */
import type { Graph, Kind, Value } from '../../../src/graph/graph.js'
import { valuesOf } from '../../../src/graph/graph.js'
import { blank, count, type Numbers } from './reference/arrays.js'
import { type Context, type Given, type Interpreter, interpreters } from './reference/interpreters.js'

export type { Given } from './reference/interpreters.js'

export interface Evaluated {
  readonly outputs: Readonly<Record<string, Float64Array>>
  /** Every variable after the call, those given and not changed among them. */
  readonly variables: Readonly<Record<string, Float64Array>>
}

/** Changes what an operation gives before others read it. */
export type Disturb = (values: Numbers) => Numbers

/**
 * One call of a graph. Variables not given begin as zeros.
 *
 * Law  nothing given is written to
 */
export const evaluate = (
  graph: Graph,
  feeds: Given,
  variables: Given,
  disturb: Disturb = values => values,
): Evaluated => {
  const after = new Map(Object.entries(variables).map(([name, data]) => [name, Float64Array.from(data)]))
  const context: Context = { feeds, before: variables, after }
  const results = new Map<Value, readonly Numbers[]>()
  for (const value of valuesOf(graph)) {
    const interpret = interpreters[value.op.kind] as Interpreter<Kind> // the kind picks the interpreter
    const inputs = value.inputs.map(input => results.get(input)?.[0] ?? blank([0]))
    const [only] = value.inputs
    const result =
      value.op.kind === 'part' && only !== undefined
        ? [results.get(only)?.[value.op.index] ?? blank([0])]
        : interpret(value as never, inputs, context)
    if (result[0]?.length !== count(value.shape))
      throw new Error(`${value.op.kind}: ${result[0]?.length} values for [${value.shape}]`)
    results.set(value, result.map(disturb))
  }
  const outputs = Object.fromEntries(
    Object.entries(graph.outputs).map(([name, value]) => [name, results.get(value)?.[0] ?? blank([0])]),
  )
  return { outputs, variables: Object.fromEntries(after) }
}
