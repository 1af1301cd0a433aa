/** Emits a program as one TensorFlow graph: its variables, its calls, and nodes to read and set each variable. */
import { type Graph, type Program, valuesOf, variablesOf } from '../../../graph/graph.js'
import type { Shape } from '../../../net/shape.js'
import type { Weights } from '../../../net/weights.js'
import type { Emitted } from '../emitters/emitter.js'
import { ownConcat, ownMaxPool, ownSum } from '../emitters/fused.js'
import { emit, type Own } from '../emitters/index.js'
import { ownBatchNorm, ownBatchNormGrad } from '../emitters/norm.js'
import * as trained from '../emitters/trained.js'
import { hasFewImages, isFusingQuicker } from '../heuristics.js'
import { fuse, noFusions } from './fuse.js'
import { after, floats, type GraphNode, int32, type Ref, type } from './node.js'
import { assign, handle, placeholder, read, type VariableHandles, variables } from './variables.js'
import { type Writer, type WriterOptions, writer } from './writer.js'

/** The tensors to feed and fetch for one call. */
export interface Call {
  readonly inputs: Readonly<Record<string, { readonly ref: Ref; readonly shape: Shape }>>
  readonly outputs: Readonly<Record<string, Ref>>
  /** Fetched for its effect: it runs after every update. */
  readonly done: Ref
}

/** The tensors that read and set one variable. */
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
  /** Fetched once to set every variable to zeros. */
  readonly begun: Ref
}

/** The addon's emitters that are quicker for many images too. */
const always = { ...trained, batchNorm: ownBatchNorm, batchNormGrad: ownBatchNormGrad }

/** And those that are quicker for few. */
const ofFew = { ...always, maxPool: ownMaxPool, concat: ownConcat, sum: ownSum }

/** A constant that is computed only after `refs`. */
const addSignal = (write: Writer, refs: readonly Ref[], hint: string): Ref =>
  write.add('Identity', [write.number(0), ...refs.map(after)], floats, hint)

export interface ProgramOptions extends WriterOptions {
  /** Whether the runtime has operations of this project. */
  readonly kernels?: boolean
}

const callOf = (write: Writer, held: VariableHandles, graph: Graph, own: Own | undefined): Call => {
  const values = valuesOf(graph)
  const { edges, changes } = variables(write, held, values)
  const refs = emit(write, edges, own)(values)
  const outputs = Object.entries(graph.outputs).map(([name, value]) => {
    const [ref] = refs.get(value) as Emitted // every output is among the values
    return [name, write.add('Identity', [ref], floats, `output/${name}`)] as const
  })
  const inputs = values.flatMap(value => {
    const { op, shape } = value
    if (op.kind !== 'input') return []
    const [ref] = refs.get(value) as Emitted // as above
    return [[op.name, { ref, shape }] as const]
  })
  return {
    inputs: Object.fromEntries(inputs),
    outputs: Object.fromEntries(outputs),
    done: addSignal(write, changes(), 'done'),
  }
}

const accessOf = (write: Writer, variable: Ref, shape: Shape): Access => {
  const fed = placeholder(write, 'fed', shape)
  return {
    shape,
    read: read(write, variable),
    fed,
    assigned: addSignal(write, [assign(write, variable, fed)], 'assigned'),
  }
}

const setZero = (write: Writer, variable: Ref, shape: Shape): Ref =>
  assign(
    write,
    variable,
    write.add('Fill', [write.ints(shape), write.number(0)], { ...floats, index_type: type(int32) }),
  )

/**
 * Emits the graph of a program; `constants` become constant nodes.
 *
 * Law  each call emits every value once; calls share variables and constants, nothing else
 */
export const emitProgram =
  ({ kernels = false, ...options }: ProgramOptions = {}) =>
  (program: Program, constants: Weights = {}): Emission => {
    const root = writer(options)
    const all = Object.entries(variablesOf(program))
    const shapes = all.filter(([name]) => !(name in constants))
    const variableWriter = root.within('variable')
    const held: VariableHandles = {
      variables: new Map(shapes.map(([name, shape]) => [name, handle(variableWriter, name, shape)])),
      constants: new Map(
        all.flatMap(([name]) => {
          const constant = constants[name]
          return constant === undefined
            ? []
            : [[name, variableWriter.array(constant.shape, constant.data, name)]]
        }),
      ),
    }
    const handleOf = (name: string): Ref => held.variables.get(name) as Ref // made above for every name
    const isFused = kernels && isFusingQuicker(program)
    const ownOf = (graph: Graph): Own => ({
      fusions: isFused ? fuse(graph, constants) : noFusions,
      emitters: hasFewImages(valuesOf(graph)) ? ofFew : always,
    })
    const begin = root.within('begin')
    return {
      calls: Object.fromEntries(
        Object.entries(program).map(([name, graph]) => [
          name,
          callOf(root.within(`call/${name}`), held, graph, kernels ? ownOf(graph) : undefined),
        ]),
      ),
      variables: Object.fromEntries(
        shapes.map(([name, shape]) => [name, accessOf(root.within(`access/${name}`), handleOf(name), shape)]),
      ),
      begun: addSignal(
        begin,
        shapes.map(([name, shape]) => setZero(begin, handleOf(name), shape)),
        'begun',
      ),
      nodes: root.nodes(),
    }
  }
