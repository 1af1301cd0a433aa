/** Collects the nodes of a graph, with legal and unique names. */
import { uniqueNames } from '../../../io/text/unique-names.js'
import type { Shape } from '../../../net/shape.js'
import { type Attrs, float32, type GraphNode, int, int32, type Ref, tensor, type } from './node.js'

export interface Writer {
  /** Adds a node; its name is made from `hint`, by default the operation. */
  readonly add: (op: string, inputs: readonly Ref[], attrs: Attrs, hint?: string) => Ref
  /** A constant vector of integers, added once per content. */
  readonly ints: (values: readonly number[]) => Ref
  /** A constant scalar, added once per value. */
  readonly number: (value: number) => Ref
  /** A constant array. */
  readonly array: (shape: Shape, data: Float32Array | Int32Array, hint?: string) => Ref
  /** The same writer, with names that begin with `prefix/`. */
  readonly within: (prefix: string) => Writer
  readonly nodes: () => readonly GraphNode[]
}

export interface WriterOptions {
  /** The threads that share an operation of the addon's, where a session's operations run one after another; by default 1. */
  readonly threads?: number
  /** The device of a node, by its name. */
  readonly device?: (name: string) => string | undefined
}

/** Whether it is the addon's operation. */
const isOwn = (op: string): boolean => op.startsWith('Espalier')

/** A name that TensorFlow accepts: letters, digits and `_.-/>`, the first a letter, a digit or a point. */
const legalName = (name: string): string =>
  name.replace(/[^A-Za-z0-9_.\-/>]/g, '_').replace(/^[^A-Za-z0-9.]/, first => `x${first}`)

const joinPrefix = (prefix: string, name: string): string => (prefix === '' ? name : `${prefix}/${name}`)

/** An empty writer. */
export const writer = ({ device = () => undefined, threads = 1 }: WriterOptions = {}): Writer => {
  const nodes: GraphNode[] = []
  const uniqueName = uniqueNames()
  const cached = new Map<string, Ref>()
  const write = (prefix: string): Writer => {
    const add: Writer['add'] = (op, inputs, attrs, hint = op) => {
      const name = uniqueName(legalName(joinPrefix(prefix, hint)))
      const target = device(name)
      const all = isOwn(op) ? { ...attrs, threads: int(threads) } : attrs
      nodes.push({ name, op, inputs, attrs: all, ...(target !== undefined && { device: target }) })
      return name
    }
    const addOnce = (key: string, make: () => Ref): Ref => {
      const ref = cached.get(key) ?? make()
      cached.set(key, ref)
      return ref
    }
    const addConstant = (sizes: Shape, data: Float32Array | Int32Array, hint?: string): Ref =>
      add(
        'Const',
        [],
        { dtype: type(data instanceof Int32Array ? int32 : float32), value: tensor(sizes, data) },
        hint,
      )
    return {
      add,
      ints: values => addOnce(`[${values}]`, () => addConstant([values.length], Int32Array.from(values))),
      number: value =>
        addOnce(Object.is(value, -0) ? '-0' : `${value}`, () => addConstant([], Float32Array.of(value))),
      array: addConstant,
      within: name => write(joinPrefix(prefix, name)),
      nodes: () => nodes,
    }
  }
  return write('')
}
