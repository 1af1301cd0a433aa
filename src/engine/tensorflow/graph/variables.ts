/** The edges of a graph that lives in a session: placeholders, and variables that are read before they change. */
import { slotsOf, type Update, type Value } from '../../../graph/graph.js'
import type { Shape } from '../../../net/shape.js'
import type { Emitted, Emitter } from '../emitters/emitter.js'
import type { Edges } from '../emitters/index.js'
import { after, flag, float32, floats, type Ref, shape, text, type } from './node.js'
import type { Writer } from './writer.js'

/** By name: the handle of each variable, the value of each constant. */
export interface Held {
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

/** Edges over variables, and what a call must wait for to have changed them. */
export interface Variables {
  readonly edges: Edges
  /** Every change so far. */
  readonly changes: () => readonly Ref[]
}

/**
 * Edges of one call. All its reads of a variable come before its first change, and its changes one after
 * another in the order of `values`.
 */
export const variables = (write: Writer, held: Held, values: readonly Value[]): Variables => {
  const of = (name: string): Ref => held.variables.get(name) as Ref // made for all names of a program
  const needed = values.flatMap(({ op }) =>
    op.kind === 'weight' && held.variables.has(op.name) ? [op.name] : [],
  )
  const begun = new Map([...new Set(needed)].map(name => [name, read(write, of(name))]))
  const last = new Map<string, readonly Ref[]>([...begun].map(([name, ref]) => [name, [after(ref)]]))
  const changes: Ref[] = []
  const fed = new Map<string, Ref>()

  /** What a change of this variable waits for, itself waited for by the next. */
  const changing = (name: string, change: (waits: readonly Ref[]) => Ref): void => {
    const ref = change(last.get(name) ?? [])
    changes.push(ref)
    last.set(name, [after(ref)])
  }

  /** The variable as the changes so far have left it, which no later change overtakes. */
  const current = (name: string): Emitted => {
    const before = last.get(name) ?? []
    const now = read(write, of(name), before)
    last.set(name, [...before, after(now)])
    return [now]
  }

  const put = (name: string, value: Ref): Emitted => {
    changing(name, waits => assign(write, of(name), value, waits))
    return [value]
  }

  const apply = (op: Update, kernel: string, inputs: readonly Ref[], nesterov?: boolean): Emitted => {
    const slots = slotsOf(op).map(of)
    const attrs = { ...floats, use_locking: flag(false), ...(nesterov && { use_nesterov: flag(true) }) }
    changing(op.name, waits => write.add(kernel, [of(op.name), ...slots, ...inputs, ...waits], attrs))
    return current(op.name)
  }

  const average: Emitter<'average'> = (_, { op }, [value]) => {
    const [old] = current(op.name)
    const kept = write.add('Mul', [old, write.number(op.keep)], floats)
    const gained = write.add('Mul', [value, write.number(1 - op.keep)], floats)
    return put(op.name, write.add('AddV2', [kept, gained], floats))
  }

  const edges: Edges = {
    input: (_, { op, shape: sizes }) => {
      const ref = fed.get(op.name) ?? placeholder(write, op.name, sizes)
      fed.set(op.name, ref)
      return [ref]
    },
    weight: (_, { op }) => [held.constants.get(op.name) ?? (begun.get(op.name) as Ref)], // read for every variable
    assign: (_, { op }, [value]) => put(op.name, value),
    average,
    momentum: (_, { op }, [gradient], [rate]) =>
      apply(op, 'ResourceApplyMomentum', [rate, gradient, write.number(op.momentum)], op.nesterov),
    adam: (_, { op }, [gradient], [rate], [power1], [power2]) =>
      apply(op, 'ResourceApplyAdam', [
        power1,
        power2,
        rate,
        ...[op.beta1, op.beta2, op.epsilon].map(write.number),
        gradient,
      ]),
  }
  return { edges, changes: () => changes }
}
