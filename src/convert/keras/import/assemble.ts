/** Reads the nodes of a Keras graph as layers and joins. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { type DecodeError, decode } from '../../../io/codec.js'
import type { ImportError } from '../../error.js'
import { assembler, layerDiffers, type Reader } from '../../tree/assemble.js'
import { legalNames, type Names } from '../../tree/names.js'
import type { Join, Part } from '../../tree/part.js'
import type { Series } from '../../tree/series.js'
import type { Subtree } from '../../tree/subtree.js'
import { escapePrefix } from '../keras.js'
import type { KerasNode } from '../topology/layer-json.js'
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

const numbersFault = ({ numbers }: KerasNode): DecodeError => ({
  _tag: 'DecodeError',
  at: 'inbound_nodes',
  expected: 'layers alone',
  got: `the number ${numbers[0]}`,
})

const partsOf = (node: KerasNode): E.Either<ImportError, readonly Part[]> => {
  const read = readerOf(node.className)
  if (read === undefined) return E.left(unknownLayer(node))
  return node.numbers.length > 0
    ? E.left(layerDiffers(node, numbersFault(node)))
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

/**
 * The body of a net: a product, its batch norm and its activation become one layer, names with `/` become stacks.
 *
 * Errors  UnknownLayer, LayerDiffers with the layer's Keras name
 */
export const assemble = (series: Series<KerasNode>): E.Either<ImportError, Subtree> =>
  assembler(reader)(series)
