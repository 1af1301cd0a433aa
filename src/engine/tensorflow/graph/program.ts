/** A whole program as one TensorFlow graph: variables, calls side by side, and the ways to set and read all variables. */
import { type Graph, type Program, valuesOf, variablesOf } from '../../../graph/graph.js'
import type { Shape } from '../../../net/shape.js'
import type { Weights } from '../../../net/weights.js'
import type { Emitted } from '../emitters/emitter.js'
import { emit } from '../emitters/index.js'
import { after, floats, type GraphNode, int32, type Ref, type } from './node.js'
import { assign, type Held, handle, placeholder, read, variables } from './variables.js'
import { type Writer, type WriterOptions, writer } from './writer.js'

/** How one call is run: what to feed, what to fetch. */
export interface Call {
  readonly inputs: Readonly<Record<string, { readonly ref: Ref; readonly shape: Shape }>>
  readonly outputs: Readonly<Record<string, Ref>>
  /** Fetched for its effect: it comes when every update is in place. */
  readonly done: Ref
}

/** How one variable is read and set from outside. */
export interface Access {
  readonly shape: Shape
  readonly read: Ref
  readonly fed: Ref
  /** Fetched for its effect. */
  readonly assigned: Ref
}

export interface Emission {
  readonly nodes: readonly GraphNode[]
  readonly calls: Readonly<Record<string, Call>>
  readonly variables: Readonly<Record<string, Access>>
  /** Fetched once, it sets every variable to zeros. */
  readonly begun: Ref
}

/** A number that is there only after `refs`. */
const signal = (write: Writer, refs: readonly Ref[], hint: string): Ref =>
  write.add('Identity', [write.number(0), ...refs.map(after)], floats, hint)

const callOf = (write: Writer, held: Held, graph: Graph): Call => {
  const values = valuesOf(graph)
  const { edges, changes } = variables(write, held, values)
  const refs = emit(write, edges)(values)
  const outputs = Object.entries(graph.outputs).map(([name, value]) => {
    const [ref] = refs.get(value) as Emitted // every output is among the values
    return [name, write.add('Identity', [ref], floats, `output/${name}`)] as const
  })
  const inputs = values.flatMap(value => {
    const [ref] = refs.get(value) as Emitted // as above
    return value.op.kind === 'input' ? [[value.op.name, { ref, shape: value.shape }] as const] : []
  })
  return {
    inputs: Object.fromEntries(inputs),
    outputs: Object.fromEntries(outputs),
    done: signal(write, changes(), 'done'),
  }
}

const accessOf = (write: Writer, variable: Ref, shape: Shape): Access => {
  const fed = placeholder(write, 'fed', shape)
  return {
    shape,
    read: read(write, variable),
    fed,
    assigned: signal(write, [assign(write, variable, fed)], 'assigned'),
  }
}

const zeroed = (write: Writer, variable: Ref, shape: Shape): Ref =>
  assign(
    write,
    variable,
    write.add('Fill', [write.ints(shape), write.number(0)], { ...floats, index_type: type(int32) }),
  )

/**
 * The graph of a program; `constants` are written into it.
 *
 * Law  every value once a call; calls share variables and constants by name and nothing else
 */
export const emitProgram =
  (options: WriterOptions = {}) =>
  (program: Program, constants: Weights = {}): Emission => {
    const root = writer(options)
    const all = Object.entries(variablesOf(program))
    const shapes = all.filter(([name]) => !(name in constants))
    const named = root.within('variable')
    const held: Held = {
      variables: new Map(shapes.map(([name, shape]) => [name, handle(named, name, shape)])),
      constants: new Map(
        all.flatMap(([name]) => {
          const constant = constants[name]
          return constant === undefined ? [] : [[name, named.array(constant.shape, constant.data, name)]]
        }),
      ),
    }
    const of = (name: string): Ref => held.variables.get(name) as Ref // made above for every name
    const begin = root.within('begin')
    return {
      calls: Object.fromEntries(
        Object.entries(program).map(([name, graph]) => [
          name,
          callOf(root.within(`call/${name}`), held, graph),
        ]),
      ),
      variables: Object.fromEntries(
        shapes.map(([name, shape]) => [name, accessOf(root.within(`access/${name}`), of(name), shape)]),
      ),
      begun: signal(
        begin,
        shapes.map(([name, shape]) => zeroed(begin, of(name), shape)),
        'begun',
      ),
      nodes: root.nodes(),
    }
  }
