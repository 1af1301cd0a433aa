/** Reads the nodes of a Keras graph as layers and joins. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { decode } from '../../../io/codec.js'
import type { ImportError } from '../../error.js'
import { assembler, layerDiffers, type Reader } from '../../tree/assemble.js'
import { legalNames, type Names } from '../../tree/names.js'
import type { Join, Part } from '../../tree/part.js'
import type { Series } from '../../tree/series.js'
import type { Subtree } from '../../tree/subtree.js'
import { escapePrefix } from '../keras.js'
import type { KerasNode } from './graph.js'
import { readerOf, supported } from './words.js'

const unknownLayer = ({ name, className }: KerasNode): ImportError => ({
  _tag: 'UnknownLayer',
  at: name,
  className,
  supported,
})

/** Splits a Keras name into the names of a path. */
const namesOf = ({ name }: KerasNode): Names =>
  legalNames((name.startsWith(escapePrefix) ? name.slice(escapePrefix.length) : name).split('/'))

const partsOf = (node: KerasNode): E.Either<ImportError, readonly Part[]> => {
  const read = readerOf(node.className)
  return read === undefined
    ? E.left(unknownLayer(node))
    : pipe(
        read(node.config),
        E.mapLeft(fault => layerDiffers(node, fault)),
      )
}

const lastAxisConfig = t.type({ axis: t.union([t.literal(-1), t.literal(3), t.undefined, t.null]) })

const joinOf = (node: KerasNode): E.Either<ImportError, Join> => {
  switch (node.className) {
    case 'Concatenate':
      return pipe(
        decode(lastAxisConfig)(node.config),
        E.bimap(
          fault => layerDiffers(node, fault),
          () => 'concat',
        ),
      )
    case 'Add':
      return E.right('sum')
    default:
      return E.left(unknownLayer(node))
  }
}

const reader: Reader<KerasNode> = {
  names: namesOf,
  parts: partsOf,
  join: joinOf,
  padded: "Conv2D, SeparableConv2D or DepthwiseConv2D with padding 'valid'",
}

const softmaxConfig = t.type({ activation: t.literal('softmax') })

/** Drops the softmax at the end of a series: the outputs of a net are logits. */
const dropSoftmax = (series: Series<KerasNode>): Series<KerasNode> => {
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
export const assemble = (series: Series<KerasNode>): E.Either<ImportError, Subtree> =>
  assembler(reader)(dropSoftmax(series))
