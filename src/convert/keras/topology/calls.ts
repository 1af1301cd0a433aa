/** What a layer is called with: outputs of other layers, and numbers. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { decode } from '../../../io/codec.js'
import { show } from '../../../io/text/show.js'
import type { ImportError } from '../../error.js'
import { type LayerJson, optionDiffers } from './layer-json.js'

export interface Call {
  /** The layers whose only output is an input, in order. */
  readonly from: readonly string[]
  readonly numbers: readonly number[]
}

type Argument = string | number

/** Keras 2: the only output of a layer, and further arguments. */
const isConnection = (u: unknown): u is readonly [string, number, 0, unknown] =>
  Array.isArray(u) && typeof u[0] === 'string' && Number.isInteger(u[1]) && u[2] === 0

/** Keras 3: the only output of a layer. */
const keras3Tensor = t.type({
  class_name: t.literal('__keras_tensor__'),
  config: t.type({ keras_history: t.tuple([t.string, t.number, t.literal(0)]) }),
})

/** Arguments that change nothing at inference. */
const ignored = new Set(['training', 'mask', 'name'])

const namedArguments = (u: unknown): readonly Argument[] | null =>
  t.UnknownRecord.is(u)
    ? argumentsIn(Object.entries(u).flatMap(([key, value]) => (ignored.has(key) ? [] : [value])))
    : []

/** The arguments in a value, depth first; null where something else is among them. */
const argumentsIn = (u: unknown): readonly Argument[] | null => {
  if (u === null || u === undefined) return []
  if (typeof u === 'number') return [u]
  if (keras3Tensor.is(u)) return [u.config.keras_history[0]]
  if (isConnection(u)) return prepend(u[0], namedArguments(u[3]))
  return Array.isArray(u) ? concatAll(u.map(argumentsIn)) : null
}

const prepend = (first: Argument, rest: readonly Argument[] | null): readonly Argument[] | null =>
  rest === null ? null : [first, ...rest]

const concatAll = (all: readonly (readonly Argument[] | null)[]): readonly Argument[] | null =>
  all.includes(null) ? null : all.flatMap(each => each ?? [])

const keras3Call = t.type({ args: t.unknown, kwargs: t.unknown })

const callIn = (u: unknown): Call | null => {
  const found = keras3Call.is(u) ? concatAll([argumentsIn(u.args), namedArguments(u.kwargs)]) : argumentsIn(u)
  return found === null
    ? null
    : {
        from: found.filter(each => typeof each === 'string'),
        numbers: found.filter(each => typeof each === 'number'),
      }
}

const expected = '[[[layer, 0, 0, {}], …]] or [{ args, kwargs }]'

/** Every call of a layer. Errors  LayerDiffers */
export const callsOf = (layer: LayerJson): E.Either<ImportError, readonly Call[]> =>
  pipe(
    decode(t.readonlyArray(t.unknown, expected))(layer.inbound_nodes ?? []),
    E.flatMap(
      E.traverseArray(call => {
        const found = callIn(call)
        return found === null
          ? E.left({ _tag: 'DecodeError' as const, at: '', expected, got: show(call) })
          : E.right(found)
      }),
    ),
    E.mapLeft(optionDiffers(layer, 'inbound_nodes')),
  )

/** The layers that a model begins or ends with: `[[layer, 0, 0], …]`, or one without the outer list. */
export const endsIn = (u: unknown): readonly string[] | null => {
  const found = argumentsIn(u)
  return found?.every(each => typeof each === 'string') === true ? found : null
}
