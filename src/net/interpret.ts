/**
 * The one recursion over series, concat, residual and gate. `fold` builds a layer's value of those of its children; `interpret`
 * is the fold into functions, by which each layer also gets the value of the layer before it.
 */
import { childPath, type Path } from './path.js'
import type { Concat, Gate, Layer, Leaf, Residual, Stack } from './tree.js'

/** The value of each kind of layer, made of those of its children. */
export interface FoldAlgebra<A> {
  /** A layer without layers in it. */
  readonly leaf: (leaf: Leaf, path: Path) => A
  readonly stack: (layers: readonly A[], layer: Stack, path: Path) => A
  readonly concat: (branches: readonly A[], layer: Concat, path: Path) => A
  readonly residual: (body: A, shortcut: A, layer: Residual, path: Path) => A
  readonly gate: (body: A, layer: Gate, path: Path) => A
  /** Replaces the value of any layer; by default it stays. */
  readonly place?: (value: A, layer: Layer, path: Path) => A
}

/** The value of one layer, where `visit` gives those of its children. */
const combine =
  <A>({ leaf, stack, concat, residual, gate }: FoldAlgebra<A>, visit: (child: Layer) => A) =>
  (layer: Layer, path: Path): A => {
    switch (layer._tag) {
      case 'stack':
        return stack(layer.layers.map(visit), layer, path)
      case 'concat':
        return concat(layer.branches.map(visit), layer, path)
      case 'residual':
        return residual(visit(layer.body), visit(layer.shortcut), layer, path)
      case 'gate':
        return gate(visit(layer.body), layer, path)
      default:
        return leaf(layer, path)
    }
  }

const listing: FoldAlgebra<readonly Layer[]> = {
  leaf: () => [],
  stack: layers => layers.flat(),
  concat: branches => branches.flat(),
  residual: (body, shortcut) => [...body, ...shortcut],
  gate: body => body,
}

/** The layers directly below a layer, in the order they are computed. */
export const childrenOf = (layer: Layer): readonly Layer[] => combine(listing, child => [child])(layer, '')

/**
 * The value of a layer, with all in it. Values that are functions of what is asked of a layer pass demands down.
 *
 * Law  values are made in the order of computation, a parent's after its children's
 */
export const fold =
  <A>(algebra: FoldAlgebra<A>) =>
  (root: Layer, at: Path): A => {
    const { place = (value: A) => value } = algebra
    const visit = (layer: Layer, path: Path): A =>
      place(combine(algebra, child => visit(child, childPath(path, child.name)))(layer, path), layer, path)
    return visit(root, at)
  }

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
export const interpret = <A>({ leaf, concat, residual, gate, place = output => output }: Algebra<A>) => {
  const outputOf = fold<(input: A) => A>({
    leaf: (layer, path) => input => leaf(layer, path, input),
    stack: layers => input => layers.reduce((value, each) => each(value), input),
    concat: (branches, layer, path) => input =>
      concat(
        branches.map(branch => branch(input)),
        layer,
        path,
        input,
      ),
    residual: (body, shortcut, layer, path) => input =>
      residual(body(input), shortcut(input), layer, path, input),
    gate: (body, layer, path) => input => gate(body(input), layer, path, input),
    place: (output, layer, path) => input => place(output(input), layer, path, input),
  })
  return (root: Layer, at: Path, start: A): A => outputOf(root, at)(start)
}
