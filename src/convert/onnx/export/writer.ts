/** Collects nodes and constants under unique names. */
import { uniqueNames } from '../../../io/text/unique-names.js'
import type { Shape } from '../../../net/shape.js'
import type { Attrs, Constant, OnnxNode, Ref } from './node.js'

export interface Writer {
  /** Adds a node; the name of the node and its output is made from `hint`, by default the operation. */
  readonly add: (op: string, inputs: readonly Ref[], attrs?: Attrs, hint?: string) => Ref
  /** A constant array, added once per name. */
  readonly array: (name: string, shape: Shape, make: () => Float32Array) => Ref
  /** A constant vector of integers, added once per content. */
  readonly ints: (values: readonly number[]) => Ref
  /** A constant scalar, added once per value. */
  readonly number: (value: number) => Ref
  /** The same writer, with node names that begin with `prefix/`. */
  readonly within: (prefix: string) => Writer
  readonly nodes: () => readonly OnnxNode[]
  readonly constants: () => readonly Constant[]
}

/** An empty writer; `reserved` are the names of the graph's inputs and outputs. */
export const writer = (reserved: readonly string[]): Writer => {
  const nodes: OnnxNode[] = []
  const constants = new Map<Ref, Constant>()
  const uniqueName = uniqueNames(reserved)

  const constantRefs = new Map<string, Ref>()
  const addConstant = (name: string, shape: Shape, make: () => Constant['data']): Ref => {
    const existing = constantRefs.get(name)
    if (existing !== undefined) return existing
    const ref = uniqueName(name)
    constantRefs.set(name, ref)
    constants.set(ref, { name: ref, shape, data: make() })
    return ref
  }

  const write = (prefix: string): Writer => ({
    add: (op, inputs, attrs = {}, hint = op) => {
      const name = uniqueName(prefix === '' ? hint : `${prefix}/${hint}`)
      nodes.push({ name, op, inputs, attrs })
      return name
    },
    array: addConstant,
    ints: values => addConstant(`[${values}]`, [values.length], () => BigInt64Array.from(values, BigInt)),
    number: value => addConstant(Object.is(value, -0) ? '-0' : `${value}`, [], () => Float32Array.of(value)),
    within: write,
    nodes: () => nodes,
    constants: () => [...constants.values()],
  })
  return write('')
}
