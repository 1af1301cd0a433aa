/** Reads the nodes behind a tensor: numbers, sums with a number, and products. */
import * as E from 'fp-ts/lib/Either.js'
import { sizeOf } from '../../../../net/shape.js'
import { isNear } from '../constant.js'
import type { NodeProto } from '../file/proto.js'
import type { Site } from '../site.js'

/** A tensor as a number times another. */
export interface Scaling {
  readonly factor: number
  readonly tensor: string
}

/** A tensor as a number times two others. */
export interface Product {
  readonly factor: number
  readonly tensors: readonly [string, string]
}

/** Multiplications by numbers, one behind another, that are read as one. */
const mostScalings = 3

/** The node that gives a tensor, if it has this operator. */
export const producer = (site: Site, tensor: string, opType: string): NodeProto | null => {
  const node = site.producerOf(tensor)
  return node?.opType === opType ? node : null
}

/** The value of a constant of one number. */
export const scalarOf = (site: Site, tensor: string): number | null => {
  const value = site.valueOf(tensor)
  if (E.isLeft(value) || value.right._tag !== 'constant') return null
  const { dims, read } = value.right.constant
  return sizeOf(dims) === 1 ? (read()[0] ?? null) : null
}

/** The other input of a node that has a number as one of its two. */
export const otherInput = (site: Site, node: NodeProto | null, number: number): string | null => {
  const [a = '', b = ''] = node?.input ?? []
  const [left, right] = [scalarOf(site, a), scalarOf(site, b)]
  if (right !== null && isNear(right, number)) return a
  return left !== null && isNear(left, number) ? b : null
}

/** What a number is added to; null where the tensor is no such sum. */
export const addedTo = (site: Site, tensor: string, number: number): string | null =>
  otherInput(site, producer(site, tensor, 'Add'), number)

/** The number and the other tensor of a multiplication or division by a number. */
const scalingOf = (site: Site, tensor: string): Scaling | null => {
  const node = site.producerOf(tensor)
  const [a = '', b = ''] = node?.input ?? []
  const [left, right] = [scalarOf(site, a), scalarOf(site, b)]
  if (node?.opType === 'Div') return right === null ? null : { factor: 1 / right, tensor: a }
  if (node?.opType !== 'Mul') return null
  if (right !== null) return { factor: right, tensor: a }
  return left === null ? null : { factor: left, tensor: b }
}

/** A tensor as once itself, and as a number times each of those it is scaled from. */
export const scalingsOf = (site: Site, tensor: string): readonly Scaling[] => {
  const found: Scaling[] = [{ factor: 1, tensor }]
  for (let depth = 0, last: Scaling = { factor: 1, tensor }; depth < mostScalings; depth++) {
    const inner = scalingOf(site, last.tensor)
    if (inner === null) break
    last = { factor: last.factor * inner.factor, tensor: inner.tensor }
    found.push(last)
  }
  return found
}

/** Every way to see a tensor as a number times two others. */
export const productsOf = (site: Site, tensor: string): readonly Product[] =>
  scalingsOf(site, tensor).flatMap(outer => {
    const [a = '', b = ''] = producer(site, outer.tensor, 'Mul')?.input ?? []
    return scalingsOf(site, a).flatMap(left =>
      scalingsOf(site, b).map(
        (right): Product => ({
          factor: outer.factor * left.factor * right.factor,
          tensors: [left.tensor, right.tensor],
        }),
      ),
    )
  })

/** Whether a tensor is a number times another. */
export const isTimes = (site: Site, tensor: string, factor: number, of: string): boolean =>
  scalingsOf(site, tensor).some(each => each.tensor === of && isNear(each.factor, factor))

/** What is squared; null where the tensor is no square. */
export const squareOf = (site: Site, tensor: string): string | null => {
  const power = producer(site, tensor, 'Pow')
  if (power !== null && scalarOf(site, power.input[1] ?? '') === 2) return power.input[0] ?? null
  const [a = '', b] = producer(site, tensor, 'Mul')?.input ?? []
  return a === b ? a : null
}
