/** Assembles a series of nodes into a stack: a product, its norm and its activation become one layer. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { ImportError } from '../error.js'
import { type Assembly, addLeaf, addPad, append, appendPad } from './assembly.js'
import type { LayerNode } from './graph.js'
import { branchAsLayer, joinBranches } from './join.js'
import { type Names, relativeTo } from './names.js'
import type { Part } from './part.js'
import { layerDiffers, type Reader } from './reader.js'
import type { Item, Series } from './series.js'
import { groupByName, type Subtree, stackSubtrees } from './subtree.js'

/** What reads the nodes of a series. */
interface Context<N extends LayerNode> {
  readonly reader: Reader<N>
  /** The names of the join that the series leads to; none for the net itself. */
  readonly parent: Names
}

const notAGate = (node: LayerNode): ImportError =>
  layerDiffers(node, {
    _tag: 'DecodeError',
    at: 'inputs',
    expected: 'a value and what a branch makes of it',
    got: 'two branches',
  })

const addPart =
  <N extends LayerNode>({ reader, parent }: Context<N>, node: N) =>
  (assembly: Assembly, part: Part): Assembly => {
    const names = reader.names(node)
    return part._tag === 'leaf'
      ? addLeaf(assembly, relativeTo(parent, [...names, ...part.suffix]), node, part)
      : addPad(assembly, relativeTo(parent, names), node, part)
  }

const addParts =
  <N extends LayerNode>(context: Context<N>, node: N) =>
  (assembly: Assembly): E.Either<ImportError, Assembly> =>
    pipe(
      context.reader.parts(node),
      E.map(parts => parts.reduce(addPart(context, node), assembly)),
    )

const assembleBranches = <N extends LayerNode>(
  { reader }: Context<N>,
  { node, branches }: Item<N>,
): E.Either<ImportError, readonly Subtree[]> =>
  pipe(
    branches,
    E.traverseArray(assembleSeries({ reader, parent: reader.names(node) })),
    E.map(all => all.map((subtrees, nth) => branchAsLayer(`b${nth}`, subtrees))),
  )

const joinItem = <N extends LayerNode>(
  context: Context<N>,
  item: Item<N>,
): E.Either<ImportError, Subtree> => {
  const { reader, parent } = context
  const { node } = item
  return pipe(
    assembleBranches(context, item),
    E.bindTo('branches'),
    E.bind('join', () => reader.join(node)),
    E.map(({ join, branches }) => joinBranches(join, relativeTo(parent, reader.names(node)), branches)),
    E.flatMap(E.fromNullable(notAGate(node))),
  )
}

const addItem =
  <N extends LayerNode>(context: Context<N>, item: Item<N>) =>
  (assembly: Assembly): E.Either<ImportError, Assembly> =>
    item.branches.length === 0
      ? addParts(context, item.node)(assembly)
      : pipe(
          joinItem(context, item),
          E.map(subtree => append(appendPad(assembly), subtree)),
        )

/** The subtrees of a series, with names relative to their parent. */
const assembleSeries =
  <N extends LayerNode>(context: Context<N>) =>
  (series: Series<N>): E.Either<ImportError, readonly Subtree[]> =>
    pipe(
      series.reduce<E.Either<ImportError, Assembly>>(
        (before, item) => E.flatMap(addItem(context, item))(before),
        E.right({ subtrees: [], pad: null }),
      ),
      E.map(appendPad),
    )

/**
 * Assembles a series with the reader of its format.
 *
 * Errors  those of the reader; LayerDiffers where a product joins two branches
 */
export const assembleWith =
  <N extends LayerNode>(reader: Reader<N>) =>
  (series: Series<N>): E.Either<ImportError, Subtree> =>
    pipe(
      assembleSeries({ reader, parent: [] })(series),
      E.map(subtrees => stackSubtrees('', groupByName(subtrees))),
    )
