/** Reads the nodes behind a tensor: numbers, sums with a number, and products. */
import * as E from 'fp-ts/lib/Either.js'
import { sizeOf } from '../../../../net/shape.js'
import { isNear } from '../constant.js'
import type { NodeProto } from '../proto.js'
import type { Site } from '../site.js'

/** A tensor as a number times other tensors. */
export interface Product {
  readonly factor: number
  readonly tensors: readonly string[]
}

/** Tensors of a product that any composition has. */
const mostTensors = 3

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

const multiply = (a: Product, b: Product): Product => ({
  factor: a.factor * b.factor,
  tensors: [...a.tensors, ...b.tensors],
})

const productOfNode = (site: Site, node: NodeProto, depth: number): Product | null => {
  const [a = '', b = ''] = node.input
  if (node.opType === 'Mul') return multiply(productOf(site, a, depth - 1), productOf(site, b, depth - 1))
  const divisor = node.opType === 'Div' ? scalarOf(site, b) : null
  return divisor === null
    ? null
    : multiply(productOf(site, a, depth - 1), { factor: 1 / divisor, tensors: [] })
}

/** The factors of a tensor, through multiplications and divisions by numbers. */
export const productOf = (site: Site, tensor: string, depth = 4): Product => {
  const whole: Product = { factor: 1, tensors: [tensor] }
  const scalar = scalarOf(site, tensor)
  if (scalar !== null) return { factor: scalar, tensors: [] }
  const node = depth > 0 ? site.producerOf(tensor) : undefined
  const product = node === undefined ? null : productOfNode(site, node, depth)
  return product === null || product.tensors.length > mostTensors ? whole : product
}

/** Whether a tensor is a number times just these. */
export const isTimes = (site: Site, tensor: string, factor: number, ...of: readonly string[]): boolean => {
  const product = productOf(site, tensor)
  return isNear(product.factor, factor) && `${product.tensors}` === `${of}`
}

/** What is squared; null where the tensor is no square. */
export const squareOf = (site: Site, tensor: string): string | null => {
  const power = producer(site, tensor, 'Pow')
  if (power !== null && scalarOf(site, power.input[1] ?? '') === 2) return power.input[0] ?? null
  const { factor, tensors } = productOf(site, tensor)
  return factor === 1 && tensors.length === 2 && tensors[0] === tensors[1] ? (tensors[0] ?? null) : null
}
