/** Collects the nodes of a graph under names that are legal and unique. */
import type { Shape } from '../../../net/shape.js'
import { type Attrs, float32, type GraphNode, int32, type Ref, tensor, type } from './node.js'

export interface Writer {
  /** Adds a node; its name is made from `hint`, or from the operation. */
  readonly add: (op: string, inputs: readonly Ref[], attrs: Attrs, hint?: string) => Ref
  /** A constant vector of whole numbers, once for equal ones. */
  readonly ints: (values: readonly number[]) => Ref
  /** A constant of one number, once for equal ones. */
  readonly number: (value: number) => Ref
  /** A constant array. */
  readonly array: (shape: Shape, data: Float32Array, hint?: string) => Ref
  /** The same writer, whose names begin with `prefix/`. */
  readonly within: (prefix: string) => Writer
  readonly nodes: () => readonly GraphNode[]
}

export interface WriterOptions {
  /** Where a node shall run, by its name. */
  readonly device?: (name: string) => string | undefined
}

/** TensorFlow's names: letters, digits and `_.-/>`, the first a letter, a digit or a point. */
const legal = (name: string): string =>
  name.replace(/[^A-Za-z0-9_.\-/>]/g, '_').replace(/^[^A-Za-z0-9.]/, first => `x${first}`)

const unique = (): ((name: string) => string) => {
  const taken = new Map<string, number>()
  const fresh = (name: string): string => {
    const times = taken.get(name) ?? 0
    taken.set(name, times + 1)
    return times === 0 ? name : fresh(`${name}_${times}`)
  }
  return fresh
}

const joined = (prefix: string, name: string): string => (prefix === '' ? name : `${prefix}/${name}`)

/** A writer with nothing written yet. */
export const writer = ({ device = () => undefined }: WriterOptions = {}): Writer => {
  const nodes: GraphNode[] = []
  const fresh = unique()
  const write = (prefix: string): Writer => {
    const known = new Map<string, Ref>()
    const add: Writer['add'] = (op, inputs, attrs, hint = op) => {
      const name = fresh(legal(joined(prefix, hint)))
      const place = device(name)
      nodes.push({ name, op, inputs, attrs, ...(place !== undefined && { device: place }) })
      return name
    }
    const once = (key: string, make: () => Ref): Ref => {
      const ref = known.get(key) ?? make()
      known.set(key, ref)
      return ref
    }
    const literal = (sizes: Shape, data: Float32Array | Int32Array, hint?: string): Ref =>
      add(
        'Const',
        [],
        { dtype: type(data instanceof Int32Array ? int32 : float32), value: tensor(sizes, data) },
        hint,
      )
    return {
      add,
      ints: values => once(`[${values}]`, () => literal([values.length], Int32Array.from(values))),
      number: value =>
        once(Object.is(value, -0) ? '-0' : `${value}`, () => literal([], Float32Array.of(value))),
      array: literal,
      within: name => write(joined(prefix, name)),
      nodes: () => nodes,
    }
  }
  return write('')
}
