/** Collects nodes and constants under unique names. */
import type { Shape } from '../../net/shape.js'
import type { Attrs, Constant, OnnxNode, Ref } from './node.js'

export interface Writer {
  /** Adds a node; its name, and that of its output, is made from `hint`, or from the operation. */
  readonly add: (op: string, inputs: readonly Ref[], attrs?: Attrs, hint?: string) => Ref
  /** A constant array, made once for a name. */
  readonly array: (name: string, shape: Shape, make: () => Float32Array) => Ref
  /** A constant vector of whole numbers, once for equal ones. */
  readonly ints: (values: readonly number[]) => Ref
  /** A constant of one number, once for equal ones. */
  readonly number: (value: number) => Ref
  /** The same writer, whose nodes are called `prefix/…`. */
  readonly within: (prefix: string) => Writer
  readonly nodes: () => readonly OnnxNode[]
  readonly constants: () => readonly Constant[]
}

/** A writer with nothing written yet; `taken` are names for ends of the graph. */
export const writer = (taken: readonly string[]): Writer => {
  const nodes: OnnxNode[] = []
  const constants = new Map<Ref, Constant>()
  const times = new Map<string, number>(taken.map(name => [name, 1]))

  const fresh = (name: string): string => {
    const before = times.get(name) ?? 0
    times.set(name, before + 1)
    return before === 0 ? name : fresh(`${name}_${before}`)
  }

  const names = new Map<string, Ref>()
  const once = (name: string, shape: Shape, make: () => Constant['data']): Ref => {
    const known = names.get(name)
    if (known !== undefined) return known
    const ref = fresh(name)
    names.set(name, ref)
    constants.set(ref, { name: ref, shape, data: make() })
    return ref
  }

  const write = (prefix: string): Writer => ({
    add: (op, inputs, attrs = {}, hint = op) => {
      const name = fresh(prefix === '' ? hint : `${prefix}/${hint}`)
      nodes.push({ name, op, inputs, attrs })
      return name
    },
    array: once,
    ints: values => once(`[${values}]`, [values.length], () => BigInt64Array.from(values, BigInt)),
    number: value => once(Object.is(value, -0) ? '-0' : `${value}`, [], () => Float32Array.of(value)),
    within: write,
    nodes: () => nodes,
    constants: () => [...constants.values()],
  })
  return write('')
}
