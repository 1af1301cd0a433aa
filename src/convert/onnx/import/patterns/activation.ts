/** Activations that are composed of several nodes, where an opset or an exporter has no operator for them. */
import type { Activation } from '../../../../net/activation.js'
import { decimal, isNear } from '../constant.js'
import type { Site } from '../site.js'
import {
  addedTo,
  isTimes,
  otherInput,
  type Product,
  producer,
  productsOf,
  scalarOf,
  scalingsOf,
  squareOf,
} from './product.js'

/** What max(0, ·) is of. */
const positivePart = (site: Site, tensor: string): string | null =>
  producer(site, tensor, 'Relu')?.input[0] ?? otherInput(site, producer(site, tensor, 'Max'), 0)

/** What min(6, max(0, ·)) is of. */
const clipped = (site: Site, tensor: string): string | null => {
  const clip = producer(site, tensor, 'Clip')
  const [x = '', low = '', high = ''] = clip?.input ?? []
  if (clip !== null) return scalarOf(site, low) === 0 && scalarOf(site, high) === 6 ? x : null
  return positivePart(site, otherInput(site, producer(site, tensor, 'Min'), 6) ?? '')
}

/** relu6(x + 3) */
const isRampOf = (site: Site, tensor: string, x: string): boolean =>
  addedTo(site, clipped(site, tensor) ?? '', 3) === x

const isSigmoidOf = (site: Site, tensor: string, x: string): boolean =>
  producer(site, tensor, 'Sigmoid')?.input[0] === x

const isHardSigmoidOf = (site: Site, tensor: string, x: string): boolean => {
  const node = producer(site, tensor, 'HardSigmoid')
  const alpha = node?.attribute.find(({ name }) => name === 'alpha')?.f ?? 0.2
  return node?.input[0] === x && isNear(alpha, 1 / 6)
}

/** 1 + erf(x / √2) */
const isErfOf = (site: Site, tensor: string, x: string): boolean => {
  const erf = producer(site, addedTo(site, tensor, 1) ?? '', 'Erf')
  return erf !== null && isTimes(site, erf.input[0] ?? '', Math.SQRT1_2, x)
}

const cubicFactor = 0.044715

const isPlainCubeOf = (site: Site, tensor: string, x: string): boolean => {
  const power = producer(site, tensor, 'Pow')
  if (power !== null) return power.input[0] === x && scalarOf(site, power.input[1] ?? '') === 3
  const { input = [] } = producer(site, tensor, 'Mul') ?? {}
  return input.includes(x) && input.some(each => squareOf(site, each) === x)
}

/** 0.044715 x³ */
const isCubeOf = (site: Site, tensor: string, x: string): boolean =>
  scalingsOf(site, tensor).some(
    each => isNear(each.factor, cubicFactor) && isPlainCubeOf(site, each.tensor, x),
  )

/** x + 0.044715 x³ */
const isCubicSumOf = (site: Site, tensor: string, x: string): boolean => {
  const { input = [] } = producer(site, tensor, 'Add') ?? {}
  return input.includes(x) && input.some(each => each !== x && isCubeOf(site, each, x))
}

/** 1 + 0.044715 x² */
const isSquareSumOf = (site: Site, tensor: string, x: string): boolean =>
  scalingsOf(site, addedTo(site, tensor, 1) ?? '').some(
    each => isNear(each.factor, cubicFactor) && squareOf(site, each.tensor) === x,
  )

const tanhFactor = Math.sqrt(2 / Math.PI)

const isCubicProductOf = (site: Site, { factor, tensors: [a, b] }: Product, x: string): boolean =>
  isNear(factor, tanhFactor) && a === x && isSquareSumOf(site, b, x)

/** 1 + tanh(√(2/π) · (x + 0.044715 x³)) */
const isTanhOf = (site: Site, tensor: string, x: string): boolean => {
  const [argument = ''] = producer(site, addedTo(site, tensor, 1) ?? '', 'Tanh')?.input ?? []
  return (
    scalingsOf(site, argument).some(
      each => isNear(each.factor, tanhFactor) && isCubicSumOf(site, each.tensor, x),
    ) || productsOf(site, argument).some(product => isCubicProductOf(site, product, x))
  )
}

/** An activation that is a number times x times a function of x. */
interface Gated {
  readonly activation: Activation
  readonly factor: number
  readonly isGateOf: (site: Site, tensor: string, x: string) => boolean
}

const gated: readonly Gated[] = [
  { activation: 'swish', factor: 1, isGateOf: isSigmoidOf },
  { activation: 'hardSwish', factor: 1, isGateOf: isHardSigmoidOf },
  { activation: 'hardSwish', factor: 1 / 6, isGateOf: isRampOf },
  { activation: 'gelu', factor: 0.5, isGateOf: isErfOf },
  { activation: 'geluTanh', factor: 0.5, isGateOf: isTanhOf },
]

/** An activation of a tensor. */
export interface ActivatedTensor {
  readonly activation: Activation
  readonly tensor: string
}

const found = (activation: Activation, tensor: string | null): ActivatedTensor | null =>
  tensor === null ? null : { activation, tensor }

const gatedProduct = (site: Site, { factor, tensors: [a, b] }: Product): ActivatedTensor | null => {
  for (const [x, gate] of [[a, b] as const, [b, a] as const]) {
    const composed = gated.find(each => isNear(factor, each.factor) && each.isGateOf(site, gate, x))
    if (composed !== undefined) return found(composed.activation, x)
  }
  return null
}

/** relu6(x + 3) / 6 */
const findRamp = (site: Site, output: string): ActivatedTensor | null => {
  const sixth = scalingsOf(site, output).find(({ factor }) => isNear(factor, 1 / 6))
  return found('hardSigmoid', addedTo(site, clipped(site, sixth?.tensor ?? '') ?? '', 3))
}

const findProduct = (site: Site, output: string): ActivatedTensor | null => {
  for (const product of productsOf(site, output)) {
    const activated = gatedProduct(site, product)
    if (activated !== null) return activated
  }
  return findRamp(site, output)
}

/** max(x, slope · x) */
const findLeaky = (site: Site, x: string, scaled: string): ActivatedTensor | null => {
  const slope = scalingsOf(site, scaled).find(({ tensor, factor }) => tensor === x && factor < 1)?.factor
  return slope !== undefined && slope > 0 ? found({ _tag: 'leakyRelu', slope: decimal(slope) }, x) : null
}

const findMaximum = (site: Site, output: string): ActivatedTensor | null => {
  const [a = '', b = ''] = site.node.input
  return found('relu', positivePart(site, output)) ?? findLeaky(site, a, b) ?? findLeaky(site, b, a)
}

/** x · (x > 0) */
const positiveTerm = (site: Site, tensor: string): string | null => {
  const [x = '', mask = ''] = producer(site, tensor, 'Mul')?.input ?? []
  const greater = producer(site, producer(site, mask, 'Cast')?.input[0] ?? '', 'Greater')
  return greater?.input[0] === x && scalarOf(site, greater.input[1] ?? '') === 0 ? x : null
}

/** exp(min(x, 0)) − 1 */
const negativeTerm = (site: Site, tensor: string): string | null => {
  const [power = '', one = ''] = producer(site, tensor, 'Sub')?.input ?? []
  const exponent = producer(site, power, 'Exp')?.input[0] ?? ''
  return scalarOf(site, one) === 1 ? otherInput(site, producer(site, exponent, 'Min'), 0) : null
}

const findSum = (site: Site): ActivatedTensor | null => {
  const [a = '', b = ''] = site.node.input
  const x = positiveTerm(site, a)
  return x !== null && negativeTerm(site, b) === x ? found('elu', x) : null
}

/** The activation that a node ends; null where it ends none. */
export const findActivation = (site: Site): ActivatedTensor | null => {
  const [output = ''] = site.node.output
  switch (site.node.opType) {
    case 'Mul':
    case 'Div':
      return findProduct(site, output)
    case 'Max':
      return findMaximum(site, output)
    case 'Min':
      return found('relu6', clipped(site, output))
    case 'Add':
      return findSum(site)
    default:
      return null
  }
}
