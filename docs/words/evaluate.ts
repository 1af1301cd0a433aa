/** The value of an example, in a scope of all public words and of what the page says stands beside them. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { op } from '../../src/graph/index.js'
import * as surface from '../../src/index.js'
import { flatten, image, infer, type Layer, type Net, type Shape } from '../../src/index.js'
import type { CheckedNet } from '../../src/net/infer.js'
import { l1 } from '../../src/surgery/index.js'
import * as scope from './scope.js'

const names: Readonly<Record<string, unknown>> = { ...surface, ...scope, l1, op, pipe, E }

/** What an expression of the catalogue is; it is code of this folder, not of a reader. */
export const evaluate = (code: string): unknown =>
  new Function(...Object.keys(names), `return (${code})`)(...Object.values(names))

const tagOf = (value: unknown): string =>
  typeof value === 'object' && value !== null && '_tag' in value ? `${value._tag}` : ''

export const hasTag = <T extends string>(value: unknown, tag: T): value is { readonly _tag: T } =>
  tagOf(value) === tag

const check = (net: Net): CheckedNet => {
  const checked = infer(net)
  if (E.isLeft(checked)) throw new Error(JSON.stringify(checked.left))
  return checked.right
}

/** A layer in a net around it, under the name it is given there. */
export interface PlacedExample {
  readonly net: CheckedNet
  readonly path: string
}

/** A net of the layer alone, on an input of that shape. */
export const place = (layer: Layer, input: Shape): PlacedExample => {
  const named = { ...layer, name: layer.name === '' ? 'shown' : layer.name }
  const [height = 1, width = 1, channels = height] = input
  const isVector = input.length === 1
  const body = [...(isVector ? [{ ...flatten, name: 'flat' }] : []), named]
  const net = {
    _tag: 'net' as const,
    name: 'shown',
    input: isVector ? image(1, 1, height) : image(height, width, channels),
    body: { _tag: 'stack' as const, name: '', layers: body },
  }
  const alone = infer(net)
  if (E.isRight(alone)) return { net: alone.right, path: named.name }
  const pooled = { ...net.body, layers: [...body, { ...surface.globalAvgPool, name: 'pooled' }] }
  return { net: check({ ...net, body: pooled }), path: named.name }
}

/** A whole net. */
export const placeNet = (net: Net): CheckedNet => check(net)
