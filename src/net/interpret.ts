/** The one recursion over series, concat, residual and gate: an algebra says what each kind of layer computes. */

import { childPath, type Path } from './path.js'
import type { Concat, Gate, Layer, Leaf, Residual } from './tree.js'

/** The output of each kind of layer; a stack passes its layers' outputs on, in order. */
export interface Algebra<A> {
  /** What a layer without layers in it makes of its input. */
  readonly leaf: (leaf: Leaf, path: Path, input: A) => A
  /** What joins the branches' values, in order; `input` is what each of them got. */
  readonly concat: (branches: readonly A[], layer: Concat, path: Path, input: A) => A
  /** What joins the body's value and the shortcut's. */
  readonly residual: (body: A, shortcut: A, layer: Residual, path: Path, input: A) => A
  /** What joins the body's value and the input it gates. */
  readonly gate: (body: A, layer: Gate, path: Path, input: A) => A
  /** Replaces the output of any layer, after its children; by default it stays. */
  readonly place?: (output: A, layer: Layer, path: Path, input: A) => A
}

/**
 * The output of a layer, with all in it, for an input.
 *
 * Law  layers are visited in the order of computation, a parent after its children
 *
 * @example
 * const depth = interpret<number>({
 *   leaf: (_leaf, _path, before) => before + 1,
 *   concat: branches => Math.max(...branches),
 *   residual: (body, shortcut) => Math.max(body, shortcut),
 *   gate: body => body,
 * })
 * depth(seedling.body, '', 0)
 */
export const interpret =
  <A>({ leaf, concat, residual, gate, place = output => output }: Algebra<A>) =>
  (root: Layer, at: Path, start: A): A => {
    const visit = (layer: Layer, path: Path, input: A): A =>
      place(through(layer, path, input), layer, path, input)
    const through = (layer: Layer, path: Path, input: A): A => {
      const child = (each: Layer, value: A) => visit(each, childPath(path, each.name), value)
      switch (layer._tag) {
        case 'stack':
          return layer.layers.reduce((value, each) => child(each, value), input)
        case 'concat':
          return concat(
            layer.branches.map(branch => child(branch, input)),
            layer,
            path,
            input,
          )
        case 'residual':
          return residual(child(layer.body, input), child(layer.shortcut, input), layer, path, input)
        case 'gate':
          return gate(child(layer.body, input), layer, path, input)
        default:
          return leaf(layer, path, input)
      }
    }
    return visit(root, at, start)
  }
