/** Add, Sub, Mul, Div: sums and gates of values, affine maps by constants, and the ends of compositions. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { channelsOf, isSameShape } from '../../../../net/shape.js'
import { perChannel } from '../channels.js'
import type { Constant } from '../constant.js'
import type { Affine } from '../draft.js'
import { arithmetic, foldBinary } from '../fold.js'
import { findActivation } from '../patterns/activation.js'
import { addAffine, neutralAffine } from '../patterns/affine.js'
import { findLayerNorm } from '../patterns/layer-norm.js'
import { inOrder } from '../shape-layers.js'
import type { Read, Site } from '../site.js'
import { constantValue, type Live, sizesText, type Value } from '../value.js'
import { channelAxisOf, dimsOf, isBatch, sameView } from '../view.js'
import { addActivation } from './activation.js'
import { addLayerNorm } from './norm.js'

const liveTensor = (site: Site, tensor: string): Read<Live> =>
  pipe(
    site.valueOf(tensor),
    E.flatMap(value => site.asLive(tensor, value)),
  )

/** The affine map of a value by a constant on one side of it. */
const affineOf = (site: Site, value: Live, numbers: Float32Array, isFirst: boolean): Read<Affine> => {
  const { scale, shift } = neutralAffine(value)
  switch (site.node.opType) {
    case 'Add':
      return E.right({ scale, shift: numbers })
    case 'Sub':
      return E.right(
        isFirst
          ? { scale: scale.map(() => -1), shift: numbers }
          : { scale, shift: numbers.map(each => -each) },
      )
    case 'Mul':
      return E.right({ scale: numbers, shift })
    case 'Div':
      return isFirst
        ? site.differs('input 1', 'a constant', 'a value that depends on the images')
        : E.right({ scale: Float64Array.from(numbers, each => 1 / each), shift })
    default:
      return site.differs(
        'inputs',
        'constants, or the end of an activation',
        'a value that depends on the images',
      )
  }
}

/** A value and a constant, which is the first input or the second. */
const withConstant = (site: Site, live: Live, constant: Constant, isFirst: boolean): Read<Value> => {
  const value = inOrder(site, live)
  const numbers = perChannel(constant, value)
  if (numbers === null)
    return site.differs(
      `input ${isFirst ? 0 : 1}`,
      `one number, or one for each of ${channelsOf(value.shape)} channels`,
      constant.dims.join(' × '),
    )
  const isOnly = site.readersOf(site.node.input[isFirst ? 1 : 0] ?? '') === 1
  return pipe(
    affineOf(site, value, numbers, isFirst),
    E.map(affine => addAffine(site, value, affine, isOnly)),
  )
}

const isAlike = (a: Live, b: Live): boolean => isSameShape(a.shape, b.shape) && sameView(a.view, b.view)

/** The sum of values of one shape. */
export const sum = (site: Site, values: readonly Live[]): Read<Value> => {
  const ordered = values.map(value => inOrder(site, value))
  const [first] = ordered
  const odd = ordered.find(each => first !== undefined && !isAlike(first, each))
  if (first === undefined || odd !== undefined)
    return site.differs('inputs', 'values of one shape', sizesText(ordered))
  return E.right(ordered.length === 1 ? first : site.draft.addJoin(site.node, ordered, 'sum', first))
}

/** Whether a vector's view has its channels along the same axis as a map's, and nothing else. */
const isFactorOf = (map: Live, vector: Live): boolean => {
  const axis = channelAxisOf(map.view, map.shape)
  return (
    vector.shape.length === 1 &&
    channelsOf(vector.shape) === channelsOf(map.shape) &&
    vector.view.length === map.view.length &&
    vector.view.every((spans, nth) => nth === axis || isBatch(spans)) &&
    channelAxisOf(vector.view, vector.shape) === axis
  )
}

/** A product of two values: a map times a vector or a map. */
const gate = (site: Site, a: Live, b: Live): Read<Value> => {
  const [first, second] = [inOrder(site, a), inOrder(site, b)]
  const isGate = isAlike(first, second) || isFactorOf(first, second) || isFactorOf(second, first)
  const output = first.shape.length >= second.shape.length ? first : second
  return isGate
    ? E.right(site.draft.addJoin(site.node, [first, second], 'gate', output))
    : site.differs('inputs', 'a map, and as many values or one a channel', sizesText([first, second]))
}

const joined = (site: Site, a: Live, b: Live): Read<Value> => {
  if (site.node.opType === 'Add') return sum(site, [a, b])
  return site.node.opType === 'Mul'
    ? gate(site, a, b)
    : site.differs('input 1', 'a constant', 'a value that depends on the images')
}

const combine = (site: Site, a: Value, b: Value): Read<Value> => {
  const operate = arithmetic[site.node.opType]
  if (a._tag === 'constant' && b._tag === 'constant' && operate !== undefined)
    return E.map(constantValue)(foldBinary(site, operate, a.constant, b.constant))
  if (a._tag === 'live' && b._tag === 'constant') return withConstant(site, a, b.constant, false)
  if (a._tag === 'constant' && b._tag === 'live') return withConstant(site, b, a.constant, true)
  return pipe(
    site.asLive('input 0', a),
    E.bindTo('first'),
    E.bind('second', () => site.asLive('input 1', b)),
    E.flatMap(({ first, second }) => joined(site, first, second)),
  )
}

const composed = (site: Site): Read<Value> | null => {
  const activated = findActivation(site)
  if (activated === null) return null
  return E.map((from: Live): Value => addActivation(site, from, activated.activation))(
    liveTensor(site, activated.tensor),
  )
}

const normalised = (site: Site): Read<Value> | null => {
  const found = findLayerNorm(site)
  if (found === null) return null
  return pipe(
    liveTensor(site, found.tensor),
    E.map(value => inOrder(site, value)),
    E.bindTo('from'),
    E.bind('axis', ({ from }) => site.axis(found.axis, from.view.length)),
    E.flatMap(({ from, axis }) =>
      channelAxisOf(from.view, from.shape) === axis
        ? E.right(addLayerNorm(site, from, found.epsilon, null, null))
        : site.differs('axes', 'the channels', `${axis} of ${dimsOf(from.view).join(' × ')}`),
    ),
  )
}

const single = E.map((value: Value) => [value])

/** Two inputs, constants or not. */
export const binary = (site: Site): Read<readonly Value[]> => {
  const found = composed(site) ?? normalised(site)
  if (found !== null) return single(found)
  return pipe(
    site.input(0),
    E.bindTo('a'),
    E.bind('b', () => site.input(1)),
    E.flatMap(({ a, b }) => combine(site, a, b)),
    single,
  )
}

/** A sum of any number of values. */
export const variadicSum = (site: Site): Read<readonly Value[]> =>
  pipe(
    site.node.input.map((_, nth) => nth),
    E.traverseArray(nth => site.live(nth)),
    E.flatMap(values => sum(site, values)),
    single,
  )
