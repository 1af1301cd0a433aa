/** Reads the nodes of a Keras graph as layers and joins. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { type DecodeError, decode } from '../../../io/codec.js'
import type { ImportError } from '../../error.js'
import { assembleWith } from '../../tree/assemble.js'
import { legalNames, type Names } from '../../tree/names.js'
import type { Join, Part } from '../../tree/part.js'
import { layerDiffers, type Reader } from '../../tree/reader.js'
import type { Series } from '../../tree/series.js'
import type { Subtree } from '../../tree/subtree.js'
import { escapePrefix, fromKeras3Name } from '../keras.js'
import type { RankedNode } from '../topology/ranks.js'
import { readerOf, supported } from './words/index.js'

const unknownLayer = ({ name, className }: RankedNode): ImportError => ({
  _tag: 'UnknownLayer',
  at: name,
  className,
  supported,
})

/** Splits a Keras name into the names of a path. */
const namesOf = ({ name, version }: RankedNode): Names => {
  const path = version === 3 ? fromKeras3Name(name) : name
  return legalNames((path.startsWith(escapePrefix) ? path.slice(escapePrefix.length) : path).split('/'))
}

/** Keras 2 has another hard sigmoid: 0.2 x + 0.5 from 0 to 1. */
const hardSigmoid = t.type({ activation: t.literal('hard_sigmoid') })

/** What of a layer is not supported, whatever its class. */
const faultOf = ({ numbers: [first], version, config }: RankedNode): DecodeError | null => {
  if (first !== undefined)
    return { _tag: 'DecodeError', at: 'inbound_nodes', expected: 'layers alone', got: `the number ${first}` }
  return version === 2 && hardSigmoid.is(config)
    ? {
        _tag: 'DecodeError',
        at: 'activation',
        expected: 'the hard_sigmoid of Keras 3',
        got: 'that of Keras 2',
      }
    : null
}

const supportedNode = (node: RankedNode): E.Either<ImportError, RankedNode> => {
  const fault = faultOf(node)
  return fault === null ? E.right(node) : E.left(layerDiffers(node, fault))
}

const partsOf = (node: RankedNode): E.Either<ImportError, readonly Part[]> => {
  const read = readerOf(node.className)
  return read === undefined
    ? E.left(unknownLayer(node))
    : pipe(
        supportedNode(node),
        E.flatMap(({ config, rank }) =>
          pipe(
            read({ config, rank }),
            E.mapLeft(fault => layerDiffers(node, fault)),
          ),
        ),
      )
}

const lastAxisConfig = t.type({ axis: t.union([t.literal(-1), t.literal(3), t.undefined, t.null]) })

const joinOf = (node: RankedNode): E.Either<ImportError, Join> => {
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
    case 'Multiply':
      return E.right('gate')
    default:
      return E.left(unknownLayer(node))
  }
}

const reader: Reader<RankedNode> = {
  names: namesOf,
  parts: partsOf,
  join: node => pipe(supportedNode(node), E.flatMap(joinOf)),
}

/**
 * The body of a net: a product, its batch norm and its activation become one layer, names with `/` become stacks.
 *
 * Errors  UnknownLayer, LayerDiffers with the layer's Keras name
 */
export const assemble = (series: Series<RankedNode>): E.Either<ImportError, Subtree> =>
  assembleWith(reader)(series)
