/** From a series of Keras layers to a stack of words: what belongs to one unit comes together, names become paths. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { type DecodeError, decode } from '../../../io/codec.js'
import type { Layer } from '../../../net/tree.js'
import type { ImportError } from '../../error.js'
import type { KerasNode } from './graph.js'
import { branched, concatenated, summed } from './join.js'
import { type Names, namesOf, seenFrom } from './names.js'
import type { Item, Series } from './series.js'
import { nested, type Origin, type Subtree, stacked } from './subtree.js'
import { type Part, readerOf, type Source, type Sources, supported } from './words.js'

type Grown = E.Either<ImportError, readonly Subtree[]>

const differs = ({ name, className }: KerasNode, fault: DecodeError): ImportError => ({
  _tag: 'LayerDiffers',
  at: name,
  className,
  fault,
})

const unknown = ({ name, className }: KerasNode): ImportError => ({
  _tag: 'UnknownLayer',
  at: name,
  className,
  supported,
})

const partsOf = (node: KerasNode): E.Either<ImportError, readonly Part[]> => {
  const read = readerOf(node.className)
  return read === undefined || node.from.length > 1
    ? E.left(unknown(node))
    : pipe(
        read(node.config),
        E.mapLeft(fault => differs(node, fault)),
      )
}

const located = ({ name }: KerasNode, sources: Sources): Sources =>
  Object.fromEntries(
    Object.entries(sources).map(([slot, source]: [string, Source]) => [
      slot,
      source._tag === 'stored' ? { ...source, name: `${name}/${source.name}` } : source,
    ]),
  )

const both = (a: Origin, b: Origin): Origin => ({
  sources: { ...a.sources, ...b.sources },
  axes: [...a.axes, ...b.axes],
  className: a.className,
})

/** A layer with the one behind it taken in, where they make one unit: its own batch norm, its own activation. */
const joinedWith = (before: Layer, { layer }: Extract<Part, { readonly _tag: 'leaf' }>): Layer | null => {
  const isUnit = before._tag === 'conv' || before._tag === 'depthwise' || before._tag === 'dense'
  if (layer._tag === 'activate' && (isUnit || before._tag === 'residual') && before.activation === null)
    return { ...before, activation: layer.activation }
  if (layer._tag === 'norm' && isUnit && before.norm === null && !before.bias && before.activation === null)
    return { ...before, norm: { momentum: layer.momentum, epsilon: layer.epsilon } }
  return null
}

/** What of a series has grown, and the zeros that wait for a window. */
interface Growing {
  readonly done: readonly Subtree[]
  readonly pad: { readonly by: number; readonly node: KerasNode } | null
}

/** Zeros that no window takes, by what comes next. */
const unused = (node: KerasNode, next: string): ImportError =>
  differs(node, {
    _tag: 'Misread',
    at: 'next layer',
    wanted: "Conv2D, SeparableConv2D or DepthwiseConv2D with padding 'valid'",
    got: next,
  })

const padded = (layer: Layer, { pad }: Growing, { className }: KerasNode): E.Either<ImportError, Layer> => {
  if (pad === null) return E.right(layer)
  if (layer._tag !== 'conv' && layer._tag !== 'depthwise') return E.left(unused(pad.node, className))
  return layer.padding === 'valid'
    ? E.right({ ...layer, padding: pad.by })
    : E.left(unused(pad.node, `${className} with padding '${layer.padding}'`))
}

const grow =
  (place: Names, node: KerasNode) =>
  (growing: Growing, part: Part): E.Either<ImportError, Growing> => {
    if (part._tag === 'pad')
      return growing.pad === null
        ? E.right({ ...growing, pad: { by: part.by, node } })
        : E.left(unused(growing.pad.node, node.className))
    const origin: Origin = {
      sources: located(node, part.sources),
      axes: part.layer._tag === 'norm' ? [part.axis] : [],
      className: node.className,
    }
    const before = growing.done.at(-1)
    const joined = before === undefined || growing.pad !== null ? null : joinedWith(before.layer, part)
    if (before !== undefined && joined !== null) {
      const whole = both(before.origins.get('') ?? origin, origin)
      const sprout = { ...before, layer: joined, origins: new Map(before.origins).set('', whole) }
      return E.right({ ...growing, done: [...growing.done.slice(0, -1), sprout] })
    }
    return pipe(
      padded(part.layer, growing, node),
      E.map(layer => ({
        done: [
          ...growing.done,
          {
            names: seenFrom(place, [...namesOf(node.name), ...part.suffix]),
            layer,
            origins: new Map([['', origin]]),
          },
        ],
        pad: null,
      })),
    )
  }

const lastAxis = t.type({ axis: t.union([t.literal(-1), t.literal(3), t.undefined, t.null]) })

const merged = (place: Names, { node, branches }: Item): E.Either<ImportError, Subtree> => {
  const here = namesOf(node.name)
  const names = seenFrom(place, here)
  return pipe(
    branches,
    E.traverseArray(branch => grown(here, branch)),
    E.map(all => all.map((sprouts, nth) => branched(`b${nth}`, sprouts))),
    E.flatMap((all): E.Either<ImportError, Subtree> => {
      const [first, second, third] = all
      switch (node.className) {
        case 'Concatenate':
          return pipe(
            decode(lastAxis)(node.config),
            E.bimap(
              fault => differs(node, fault),
              () => concatenated(names, all),
            ),
          )
        case 'Add':
          return first !== undefined && second !== undefined && third === undefined
            ? E.right(summed(names, [first, second]))
            : E.left(differs(node, { _tag: 'Misread', at: 'inputs', wanted: '2', got: `${all.length}` }))
        default:
          return E.left(unknown(node))
      }
    }),
  )
}

const add =
  (place: Names) =>
  (growing: Growing, item: Item): E.Either<ImportError, Growing> => {
    if (item.branches.length === 0)
      return pipe(
        partsOf(item.node),
        E.flatMap(parts =>
          parts.reduce<E.Either<ImportError, Growing>>(
            (before, part) => E.flatMap((now: Growing) => grow(place, item.node)(now, part))(before),
            E.right(growing),
          ),
        ),
      )
    return growing.pad !== null
      ? E.left(unused(growing.pad.node, item.node.className))
      : pipe(
          merged(place, item),
          E.map(sprout => ({ done: [...growing.done, sprout], pad: null })),
        )
  }

/** The pieces of a series, their names seen from a place. */
const grown = (place: Names, series: Series): Grown =>
  pipe(
    series.reduce<E.Either<ImportError, Growing>>(
      (before, item) => E.flatMap((now: Growing) => add(place)(now, item))(before),
      E.right({ done: [], pad: null }),
    ),
    E.flatMap(({ done, pad }) =>
      pad === null ? E.right(done) : E.left(unused(pad.node, 'the end of a branch')),
    ),
  )

const softmax = t.type({ activation: t.literal('softmax') })

/** A series without the softmax it ends in: nets here give logits. */
const unsoftened = (series: Series): Series => {
  const last = series.at(-1)
  if (last === undefined) return series
  const { className, config } = last.node
  if (className === 'Softmax' || (className === 'Activation' && softmax.is(config)))
    return series.slice(0, -1)
  return softmax.is(config)
    ? [
        ...series.slice(0, -1),
        { ...last, node: { ...last.node, config: { ...config, activation: 'linear' } } },
      ]
    : series
}

/**
 * A series as the body of a net: units of a product, its batch norm and its activation; names with `/` as stacks.
 *
 * Errors  UnknownLayer, LayerDiffers with the layer's Keras name
 */
export const assemble = (series: Series): E.Either<ImportError, Subtree> =>
  pipe(
    grown([], unsoftened(series)),
    E.map(sprouts => stacked('', nested(sprouts))),
  )
