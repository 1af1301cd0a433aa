/** Where a net decides: on the vector before its last layer, which separation, push and trace are about. */
import * as E from 'fp-ts/lib/Either.js'
import type { Inferred } from '../net/infer.js'
import type { Layer } from '../net/layer.js'
import { type Path, under } from '../net/path.js'
import { channelsOf } from '../net/shape.js'
import type { PruneError } from './error.js'

/** The vector a net decides on, and the layer that decides. */
export interface Decision {
  /** The dense layer that gives one number a class. */
  readonly head: Path
  /** The layer whose output it reads. */
  readonly features: Path
  readonly size: number
}

/** The layers of a stack, those of the stacks in it among them. */
const inSeries = (layer: Layer, path: Path): readonly Path[] =>
  layer._tag === 'stack' ? layer.layers.flatMap(each => inSeries(each, under(path, each.name))) : [path]

/**
 * The vector a net decides on.
 *
 * Errors  NoDecision when it does not end in a dense layer
 */
export const decisionOf = (inferred: Inferred): E.Either<PruneError, Decision> => {
  const root = inferred.get('')
  const [features, head] = root === undefined ? [] : inSeries(root.layer, '').slice(-2)
  const last = inferred.get(head ?? '')
  return head === undefined || features === undefined || last?.layer._tag !== 'dense'
    ? E.left({ _tag: 'NoDecision' })
    : E.right({ head, features, size: channelsOf(last.input) })
}
