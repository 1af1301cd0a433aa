/** Assembles a series of Keras layers into a stack: a product, its norm and its activation become one layer. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { type DecodeError, decode } from '../../../io/codec.js'
import type { Layer } from '../../../net/tree.js'
import type { ImportError } from '../../error.js'
import type { KerasNode } from './graph.js'
import { branchAsLayer, joinByConcat, joinBySum } from './join.js'
import { type Names, namesOf, relativeTo } from './names.js'
import type { Item, Series } from './series.js'
import { groupByName, type Origin, type Subtree, stackSubtrees } from './subtree.js'
import { type Part, readerOf, type Source, type Sources, supported } from './words.js'

type Assembled = E.Either<ImportError, readonly Subtree[]>

const layerDiffers = ({ name, className }: KerasNode, fault: DecodeError): ImportError => ({
  _tag: 'LayerDiffers',
  at: name,
  className,
  fault,
})

const unknownLayer = ({ name, className }: KerasNode): ImportError => ({
  _tag: 'UnknownLayer',
  at: name,
  className,
  supported,
})

const partsOf = (node: KerasNode): E.Either<ImportError, readonly Part[]> => {
  const read = readerOf(node.className)
  return read === undefined || node.from.length > 1
    ? E.left(unknownLayer(node))
    : pipe(
        read(node.config),
        E.mapLeft(fault => layerDiffers(node, fault)),
      )
}

const withLayerName = ({ name }: KerasNode, sources: Sources): Sources =>
  Object.fromEntries(
    Object.entries(sources).map(([slot, source]: [string, Source]) => [
      slot,
      source._tag === 'stored' ? { ...source, name: `${name}/${source.name}` } : source,
    ]),
  )

const mergeOrigins = (a: Origin, b: Origin): Origin => ({
  sources: { ...a.sources, ...b.sources },
  axes: [...a.axes, ...b.axes],
  className: a.className,
})

/** Fuses the batch norm or activation after a layer into it; null where the two are not one unit. */
const fuseInto = (before: Layer, { layer }: Extract<Part, { readonly _tag: 'leaf' }>): Layer | null => {
  const isUnit = before._tag === 'conv' || before._tag === 'depthwise' || before._tag === 'dense'
  if (layer._tag === 'activate' && (isUnit || before._tag === 'residual') && before.activation === null)
    return { ...before, activation: layer.activation }
  if (layer._tag === 'norm' && isUnit && before.norm === null && !before.bias && before.activation === null)
    return { ...before, norm: { momentum: layer.momentum, epsilon: layer.epsilon } }
  return null
}

/** The subtrees so far, and padding that the next convolution must take. */
interface Assembly {
  readonly done: readonly Subtree[]
  readonly pad: { readonly by: number; readonly node: KerasNode } | null
}

/** Padding that the next layer cannot take. */
const unusedPadding = (node: KerasNode, next: string): ImportError =>
  layerDiffers(node, {
    _tag: 'DecodeError',
    at: 'next layer',
    expected: "Conv2D, SeparableConv2D or DepthwiseConv2D with padding 'valid'",
    got: next,
  })

const applyPadding = (
  layer: Layer,
  { pad }: Assembly,
  { className }: KerasNode,
): E.Either<ImportError, Layer> => {
  if (pad === null) return E.right(layer)
  if (layer._tag !== 'conv' && layer._tag !== 'depthwise') return E.left(unusedPadding(pad.node, className))
  return layer.padding === 'valid'
    ? E.right({ ...layer, padding: pad.by })
    : E.left(unusedPadding(pad.node, `${className} with padding '${layer.padding}'`))
}

const addPart =
  (parent: Names, node: KerasNode) =>
  (assembly: Assembly, part: Part): E.Either<ImportError, Assembly> => {
    if (part._tag === 'pad')
      return assembly.pad === null
        ? E.right({ ...assembly, pad: { by: part.by, node } })
        : E.left(unusedPadding(assembly.pad.node, node.className))
    const origin: Origin = {
      sources: withLayerName(node, part.sources),
      axes: part.layer._tag === 'norm' ? [part.axis] : [],
      className: node.className,
    }
    const before = assembly.done.at(-1)
    const fused = before === undefined || assembly.pad !== null ? null : fuseInto(before.layer, part)
    if (before !== undefined && fused !== null) {
      const whole = mergeOrigins(before.origins.get('') ?? origin, origin)
      const subtree = { ...before, layer: fused, origins: new Map(before.origins).set('', whole) }
      return E.right({ ...assembly, done: [...assembly.done.slice(0, -1), subtree] })
    }
    return pipe(
      applyPadding(part.layer, assembly, node),
      E.map(layer => ({
        done: [
          ...assembly.done,
          {
            names: relativeTo(parent, [...namesOf(node.name), ...part.suffix]),
            layer,
            origins: new Map([['', origin]]),
          },
        ],
        pad: null,
      })),
    )
  }

const lastAxisConfig = t.type({ axis: t.union([t.literal(-1), t.literal(3), t.undefined, t.null]) })

const joinBranches = (parent: Names, { node, branches }: Item): E.Either<ImportError, Subtree> => {
  const here = namesOf(node.name)
  const names = relativeTo(parent, here)
  return pipe(
    branches,
    E.traverseArray(branch => assembleSeries(here, branch)),
    E.map(all => all.map((subtrees, nth) => branchAsLayer(`b${nth}`, subtrees))),
    E.flatMap((all): E.Either<ImportError, Subtree> => {
      const [first, second, third] = all
      switch (node.className) {
        case 'Concatenate':
          return pipe(
            decode(lastAxisConfig)(node.config),
            E.bimap(
              fault => layerDiffers(node, fault),
              () => joinByConcat(names, all),
            ),
          )
        case 'Add':
          return first !== undefined && second !== undefined && third === undefined
            ? E.right(joinBySum(names, [first, second]))
            : E.left(
                layerDiffers(node, {
                  _tag: 'DecodeError',
                  at: 'inputs',
                  expected: '2',
                  got: `${all.length}`,
                }),
              )
        default:
          return E.left(unknownLayer(node))
      }
    }),
  )
}

const addItem =
  (parent: Names) =>
  (assembly: Assembly, item: Item): E.Either<ImportError, Assembly> => {
    if (item.branches.length === 0)
      return pipe(
        partsOf(item.node),
        E.flatMap(parts =>
          parts.reduce<E.Either<ImportError, Assembly>>(
            (before, part) => E.flatMap((now: Assembly) => addPart(parent, item.node)(now, part))(before),
            E.right(assembly),
          ),
        ),
      )
    return assembly.pad !== null
      ? E.left(unusedPadding(assembly.pad.node, item.node.className))
      : pipe(
          joinBranches(parent, item),
          E.map(subtree => ({ done: [...assembly.done, subtree], pad: null })),
        )
  }

/** The subtrees of a series, with names relative to their parent. */
const assembleSeries = (parent: Names, series: Series): Assembled =>
  pipe(
    series.reduce<E.Either<ImportError, Assembly>>(
      (before, item) => E.flatMap((now: Assembly) => addItem(parent)(now, item))(before),
      E.right({ done: [], pad: null }),
    ),
    E.flatMap(({ done, pad }) =>
      pad === null ? E.right(done) : E.left(unusedPadding(pad.node, 'the end of a branch')),
    ),
  )

const softmaxConfig = t.type({ activation: t.literal('softmax') })

/** Drops the softmax at the end of a series: the outputs of a net are logits. */
const dropSoftmax = (series: Series): Series => {
  const last = series.at(-1)
  if (last === undefined) return series
  const { className, config } = last.node
  if (className === 'Softmax' || (className === 'Activation' && softmaxConfig.is(config)))
    return series.slice(0, -1)
  return softmaxConfig.is(config)
    ? [
        ...series.slice(0, -1),
        { ...last, node: { ...last.node, config: { ...config, activation: 'linear' } } },
      ]
    : series
}

/**
 * The body of a net: a product, its batch norm and its activation become one layer, names with `/` become stacks.
 *
 * Errors  UnknownLayer, LayerDiffers with the layer's Keras name
 */
export const assemble = (series: Series): E.Either<ImportError, Subtree> =>
  pipe(
    assembleSeries([], dropSoftmax(series)),
    E.map(subtrees => stackSubtrees('', groupByName(subtrees))),
  )
