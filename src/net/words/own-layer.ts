/** Layers of a user's own: what their functions make of a shape, and where a net that was read gets them from. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { callNamed, type FunctionError, wrongReturn } from '../../io/named-function.js'
import { show } from '../../io/text/show.js'
import type { CheckedNet } from '../path.js'
import { channelsOf, type Shape } from '../shape.js'
import type { OwnLayer } from '../tree.js'

/** The function of a layer under its name. */
const namedOf = ({ layer, call }: OwnLayer) => ({
  _tag: 'layer' as const,
  name: layer,
  ...(call !== undefined && { call }),
})

const isSize = (size: number): boolean => Number.isSafeInteger(size) && size > 0

const isShape = (shape: Shape): boolean => [1, 3].includes(shape.length) && shape.every(isSize)

/** What the output of a layer must be. */
const expectedOutput = ({ channels }: OwnLayer, input: Shape): string =>
  channels === 'same'
    ? `a map or a vector of ${channelsOf(input)} channels, as the input has`
    : 'a map or a vector'

/**
 * The shape of what a layer of a user's own gives.
 *
 * Errors  NoFunction, FunctionFailed; WrongReturn where it is no map or vector, or `'same'` channels are not
 */
export const ownOutput = (layer: OwnLayer, input: Shape): E.Either<FunctionError, Shape> =>
  pipe(
    callNamed(namedOf(layer), call => call(input, layer.options).output),
    E.flatMap(found => {
      const output = Array.isArray(found) ? (found as Shape) : []
      const fits = isShape(output) && (layer.channels === 'mixed' || channelsOf(output) === channelsOf(input))
      const fault = { _tag: 'DecodeError', at: 'shape', got: show(found) } as const
      return fits
        ? E.right(output)
        : E.left(wrongReturn(namedOf(layer))({ ...fault, expected: expectedOutput(layer, input) }))
    }),
  )

/** A layer of a user's own, by the name that files have, with its function. */
export type KnownLayer = Pick<OwnLayer, 'layer' | 'call'>

const isOwn = (u: object): u is OwnLayer => '_tag' in u && u._tag === 'own' && 'layer' in u

/** The layers of a user's own in nets, modules and steps: wherever in plain data they stand. */
export const ownLayersIn = (data: unknown): readonly OwnLayer[] => {
  if (typeof data !== 'object' || data === null) return []
  return isOwn(data) ? [data] : Object.values(data).flatMap(ownLayersIn)
}

/** Plain data that was read, with the functions of its own layers where they are known. */
export const provideLayers =
  (known: readonly KnownLayer[]) =>
  <A>(data: A): A => {
    const provide = (each: unknown): unknown => {
      if (typeof each !== 'object' || each === null) return each
      if (isOwn(each)) {
        const call = known.find(({ layer }) => layer === each.layer)?.call
        return call === undefined ? each : { ...each, call }
      }
      if (Array.isArray(each)) return each.map(provide)
      return Object.fromEntries(Object.entries(each).map(([key, value]) => [key, provide(value)]))
    }
    return known.length === 0 ? data : (provide(data) as A) // the same records
  }

/** Whether each name is that of one function. Errors  SameName */
export const checkOwnLayers = ({ layers }: CheckedNet): E.Either<FunctionError, void> => {
  const all = [...layers.values()].flatMap(({ layer }) => (layer._tag === 'own' ? [layer] : []))
  const twice = all.find(each => all.find(({ layer }) => layer === each.layer)?.call !== each.call)
  return twice === undefined
    ? E.right(undefined)
    : E.left({ _tag: 'SameName', kind: 'layer', name: twice.layer })
}
