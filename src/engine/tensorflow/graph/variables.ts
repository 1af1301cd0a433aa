/** Inputs, weights and updates of a session's graph: placeholders, and variables that are read before they are written. */
import { slotsOf, type Update, type Value } from '../../../graph/graph.js'
import type { Shape } from '../../../net/shape.js'
import type { Emitted } from '../emitters/emitter.js'
import type { Edges } from '../emitters/index.js'
import { after, flag, float32, floats, type Ref, shape, text, type } from './node.js'
import type { Writer } from './writer.js'

/** By name: the handle of each variable, the value of each constant. */
export interface VariableHandles {
  readonly variables: ReadonlyMap<string, Ref>
  readonly constants: ReadonlyMap<string, Ref>
}

export const handle = (write: Writer, name: string, sizes: Shape): Ref =>
  write.add('VarHandleOp', [], { dtype: type(float32), shape: shape(sizes), shared_name: text(name) }, name)

export const placeholder = (write: Writer, name: string, sizes: Shape): Ref =>
  write.add('Placeholder', [], { dtype: type(float32), shape: shape(sizes) }, name)

export const read = (write: Writer, variable: Ref, waits: readonly Ref[] = []): Ref =>
  write.add('ReadVariableOp', [variable, ...waits], { dtype: type(float32) }, 'read')

export const assign = (write: Writer, variable: Ref, value: Ref, waits: readonly Ref[] = []): Ref =>
  write.add('AssignVariableOp', [variable, value, ...waits], { dtype: type(float32) }, 'assign')

/** Emitters over variables, and the writes they have emitted. */
export interface Variables {
  readonly edges: Edges
  /** Every write so far. */
  readonly changes: () => readonly Ref[]
}

/** One call under emission. */
interface Context {
  readonly held: VariableHandles
  readonly fed: Map<string, Ref>
  /** By name, each variable as it was when the call began. */
  readonly initial: ReadonlyMap<string, Ref>
  /** By name, what the next access of a variable must wait for. */
  readonly waits: Map<string, readonly Ref[]>
  readonly changes: Ref[]
}

const handleOf = (held: VariableHandles, name: string): Ref => held.variables.get(name) as Ref // made for all names of a program

const readInitial = (
  write: Writer,
  held: VariableHandles,
  values: readonly Value[],
): ReadonlyMap<string, Ref> => {
  const names = values.flatMap(({ op }) =>
    op.kind === 'weight' && held.variables.has(op.name) ? [op.name] : [],
  )
  return new Map([...new Set(names)].map(name => [name, read(write, handleOf(held, name))]))
}

const contextOf = (write: Writer, held: VariableHandles, values: readonly Value[]): Context => {
  const initial = readInitial(write, held, values)
  const waits = new Map([...initial].map(([name, ref]) => [name, [after(ref)]]))
  return { held, fed: new Map(), initial, waits, changes: [] }
}

const waitsOf = ({ waits }: Context, name: string): readonly Ref[] => waits.get(name) ?? []

/** Records a write: the next access of the variable waits for it. */
const recordChange = ({ changes, waits }: Context, name: string, change: Ref): void => {
  changes.push(change)
  waits.set(name, [after(change)])
}

/** Reads a variable after the writes so far; the next write waits for the read. */
const readCurrent = (context: Context, write: Writer, name: string): Emitted => {
  const before = waitsOf(context, name)
  const current = read(write, handleOf(context.held, name), before)
  context.waits.set(name, [...before, after(current)])
  return [current]
}

const assignTo = (context: Context, write: Writer, name: string, value: Ref): Emitted => {
  recordChange(context, name, assign(write, handleOf(context.held, name), value, waitsOf(context, name)))
  return [value]
}

/** Applies one of TensorFlow's optimizer kernels; returns the variable it wrote. */
const applyUpdate = (
  context: Context,
  write: Writer,
  op: Update,
  kernel: string,
  inputs: readonly Ref[],
  nesterov?: boolean,
): Emitted => {
  const handles = [op.name, ...slotsOf(op)].map(name => handleOf(context.held, name))
  const attrs = { ...floats, use_locking: flag(false), ...(nesterov && { use_nesterov: flag(true) }) }
  const change = write.add(kernel, [...handles, ...inputs, ...waitsOf(context, op.name)], attrs)
  recordChange(context, op.name, change)
  return readCurrent(context, write, op.name)
}

/** keep · variable + (1 − keep) · value. */
const averageInto = (context: Context, write: Writer, name: string, keep: number, value: Ref): Emitted => {
  const [old] = readCurrent(context, write, name)
  const kept = write.add('Mul', [old, write.number(keep)], floats)
  const added = write.add('Mul', [value, write.number(1 - keep)], floats)
  return assignTo(context, write, name, write.add('AddV2', [kept, added], floats))
}

const feedOf = ({ fed }: Context, write: Writer, name: string, sizes: Shape): Emitted => {
  const ref = fed.get(name) ?? placeholder(write, name, sizes)
  fed.set(name, ref)
  return [ref]
}

const weightOf = ({ held, initial }: Context, name: string): Emitted => [
  held.constants.get(name) ?? (initial.get(name) as Ref), // read for every variable
]

const edgesOf = (context: Context): Edges => ({
  input: (write, { op, shape: sizes }) => feedOf(context, write, op.name, sizes),
  weight: (_, { op }) => weightOf(context, op.name),
  assign: (write, { op }, [value]) => assignTo(context, write, op.name, value),
  average: (write, { op }, [value]) => averageInto(context, write, op.name, op.keep, value),
  momentum: (write, { op }, [gradient], [rate]) =>
    applyUpdate(
      context,
      write,
      op,
      'ResourceApplyMomentum',
      [rate, gradient, write.number(op.momentum)],
      op.nesterov,
    ),
  adam: (write, { op }, [gradient], [rate], [power1], [power2]) => {
    const decays = [op.beta1, op.beta2, op.epsilon].map(write.number)
    return applyUpdate(context, write, op, 'ResourceApplyAdam', [power1, power2, rate, ...decays, gradient])
  },
})

/**
 * Emitters of one call. All its reads of a variable come before its first write, and its writes one after
 * another in the order of `values`.
 */
export const variables = (write: Writer, held: VariableHandles, values: readonly Value[]): Variables => {
  const context = contextOf(write, held, values)
  return { edges: edgesOf(context), changes: () => context.changes }
}
