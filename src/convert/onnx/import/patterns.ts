/** Compositions that exporters write where an opset has no operator for it: swish, hard swish, GELU, layer norm. */
import * as E from 'fp-ts/lib/Either.js'
import { sizeOf } from '../../../net/shape.js'
import type { Activation } from '../../../net/tree.js'
import { isNear } from './constant.js'
import type { NodeProto } from './proto.js'
import { intsAttribute, type Site } from './site.js'

/** A tensor as a number times other tensors. */
interface Product {
  readonly factor: number
  readonly tensors: readonly string[]
}

/** Tensors of a product that any composition here has. */
const mostTensors = 3

const producer = (site: Site, tensor: string, opType: string): NodeProto | null => {
  const node = site.producerOf(tensor)
  return node?.opType === opType ? node : null
}

/** The value of a constant of one number. */
const scalarOf = (site: Site, tensor: string): number | null => {
  const value = site.valueOf(tensor)
  if (E.isLeft(value) || value.right._tag !== 'constant') return null
  const { dims, read } = value.right.constant
  return sizeOf(dims) === 1 ? (read()[0] ?? null) : null
}

const scalarsOf = (site: Site, { input }: NodeProto): readonly number[] =>
  input.flatMap(tensor => scalarOf(site, tensor) ?? [])

const multiply = (a: Product, b: Product): Product => ({
  factor: a.factor * b.factor,
  tensors: [...a.tensors, ...b.tensors],
})

const productOfNode = (
  site: Site,
  { opType, input: [a = '', b = ''] }: NodeProto,
  depth: number,
): Product | null => {
  if (opType === 'Mul') return multiply(productOf(site, a, depth - 1), productOf(site, b, depth - 1))
  const divisor = opType === 'Div' ? scalarOf(site, b) : null
  return divisor === null
    ? null
    : multiply(productOf(site, a, depth - 1), { factor: 1 / divisor, tensors: [] })
}

/** The factors of a tensor, through multiplications and divisions by numbers. */
const productOf = (site: Site, tensor: string, depth = 4): Product => {
  const whole: Product = { factor: 1, tensors: [tensor] }
  const scalar = scalarOf(site, tensor)
  if (scalar !== null) return { factor: scalar, tensors: [] }
  const node = depth > 0 ? site.producerOf(tensor) : undefined
  const product = node === undefined ? null : productOfNode(site, node, depth)
  return product === null || product.tensors.length > mostTensors ? whole : product
}

/** What a number is added to; null where the tensor is no such sum. */
const addedTo = (site: Site, tensor: string, number: number): string | null => {
  const node = producer(site, tensor, 'Add')
  const other = node?.input.find(each => scalarOf(site, each) === null)
  const scalar = node?.input.map(each => scalarOf(site, each)).find(each => each !== null)
  return other !== undefined && scalar !== undefined && scalar !== null && isNear(scalar, number)
    ? other
    : null
}

const isUnary = (site: Site, tensor: string, opType: string, of: string): boolean =>
  producer(site, tensor, opType)?.input[0] === of

/** relu6(x + 3) */
const isRampOf = (site: Site, tensor: string, x: string): boolean => {
  const node = producer(site, tensor, 'Clip')
  return (
    node !== null &&
    `${scalarsOf(site, { ...node, input: node.input.slice(1) })}` === '0,6' &&
    addedTo(site, node.input[0] ?? '', 3) === x
  )
}

const isTimes = (site: Site, tensor: string, factor: number, ...of: readonly string[]): boolean => {
  const product = productOf(site, tensor)
  return isNear(product.factor, factor) && `${product.tensors}` === `${of}`
}

/** 1 + erf(x / √2) */
const isErfOf = (site: Site, tensor: string, x: string): boolean => {
  const erf = producer(site, addedTo(site, tensor, 1) ?? '', 'Erf')
  return erf !== null && isTimes(site, erf.input[0] ?? '', Math.SQRT1_2, x)
}

const isCubeOf = (site: Site, tensor: string, factor: number, x: string): boolean => {
  const product = productOf(site, tensor)
  const [only = '', ...more] = product.tensors
  const power = producer(site, only, 'Pow')
  const isCube =
    more.length === 0 && power !== null
      ? power.input[0] === x && scalarOf(site, power.input[1] ?? '') === 3
      : `${product.tensors}` === `${[x, x, x]}`
  return isCube && isNear(product.factor, factor)
}

/** 1 + tanh(√(2/π) · (x + 0.044715 x³)) */
const isTanhOf = (site: Site, tensor: string, x: string): boolean => {
  const tanh = producer(site, addedTo(site, tensor, 1) ?? '', 'Tanh')
  const { factor, tensors } = productOf(site, tanh?.input[0] ?? '')
  const sum = producer(site, tensors[0] ?? '', 'Add')
  const cubic = sum?.input.find(each => each !== x)
  return (
    sum?.input.includes(x) === true &&
    cubic !== undefined &&
    isNear(factor, Math.sqrt(2 / Math.PI)) &&
    isCubeOf(site, cubic, 0.044715, x)
  )
}

/** An activation that is a factor times x times a function of x. */
interface Composition {
  readonly activation: Activation
  readonly factor: number
  readonly isGateOf: (site: Site, tensor: string, x: string) => boolean
}

const compositions: readonly Composition[] = [
  { activation: 'swish', factor: 1, isGateOf: (site, tensor, x) => isUnary(site, tensor, 'Sigmoid', x) },
  { activation: 'hardSwish', factor: 1, isGateOf: (site, tensor, x) => isHardSigmoidOf(site, tensor, x) },
  { activation: 'hardSwish', factor: 1 / 6, isGateOf: isRampOf },
  { activation: 'gelu', factor: 0.5, isGateOf: isErfOf },
  { activation: 'geluTanh', factor: 0.5, isGateOf: isTanhOf },
]

const isHardSigmoidOf = (site: Site, tensor: string, x: string): boolean => {
  const node = producer(site, tensor, 'HardSigmoid')
  const alpha = node?.attribute.find(({ name }) => name === 'alpha')?.f ?? 0.2
  return node?.input[0] === x && isNear(alpha, 1 / 6)
}

/** An activation of a tensor. */
export interface ActivatedTensor {
  readonly activation: Activation
  readonly tensor: string
}

/** The activation that a Mul or a Div ends; null for any other product. */
export const findActivation = (site: Site): ActivatedTensor | null => {
  const { factor, tensors } = productOf(site, site.node.output[0] ?? '')
  const [a = '', b = '', ...more] = tensors
  if (more.length > 0) return null
  if (tensors.length === 1) {
    const x = addedTo(site, producer(site, a, 'Clip')?.input[0] ?? '', 3)
    return x !== null && isNear(factor, 1 / 6) && isRampOf(site, a, x)
      ? { activation: 'hardSigmoid', tensor: x }
      : null
  }
  for (const [x, gate] of [
    [a, b],
    [b, a],
  ] as const) {
    const found = compositions.find(each => isNear(factor, each.factor) && each.isGateOf(site, gate, x))
    if (found !== undefined) return { activation: found.activation, tensor: x }
  }
  return null
}

/** A layer norm without its scale and shift. */
export interface NormalisedTensor {
  readonly tensor: string
  readonly axis: number
  readonly epsilon: number
}

/** The tensor and axis of a mean over one axis. */
const meanOf = (site: Site, tensor: string): { readonly tensor: string; readonly axis: number } | null => {
  const node = producer(site, tensor, 'ReduceMean')
  if (node === null) return null
  const given = intsAttribute({ ...site, node }, 'axes') ?? [
    scalarOf(site, node.input[1] ?? '') ?? Number.NaN,
  ]
  const [axis = Number.NaN] = given
  return given.length === 1 && Number.isInteger(axis) ? { tensor: node.input[0] ?? '', axis } : null
}

/** x − mean(x) */
const centredOf = (site: Site, tensor: string) => {
  const node = producer(site, tensor, 'Sub')
  const mean = meanOf(site, node?.input[1] ?? '')
  return mean !== null && mean.tensor === node?.input[0] ? mean : null
}

const squareOf = (site: Site, tensor: string): string | null => {
  const power = producer(site, tensor, 'Pow')
  if (power !== null && scalarOf(site, power.input[1] ?? '') === 2) return power.input[0] ?? null
  const { factor, tensors } = productOf(site, tensor)
  return factor === 1 && tensors.length === 2 && tensors[0] === tensors[1] ? (tensors[0] ?? null) : null
}

/** The centred tensor and ε of √(mean(centred²) + ε). */
const deviationOf = (site: Site, tensor: string) => {
  const sum = producer(site, producer(site, tensor, 'Sqrt')?.input[0] ?? '', 'Add')
  const [epsilon] = sum === null ? [] : scalarsOf(site, sum)
  const variance = sum?.input.find(each => scalarOf(site, each) === null)
  const mean = meanOf(site, variance ?? '')
  const centred = squareOf(site, mean?.tensor ?? '')
  return epsilon === undefined || centred === null ? null : { centred, epsilon }
}

/** The layer norm that a Div ends: (x − mean(x)) / √(variance + ε); null for any other quotient. */
export const findLayerNorm = (site: Site): NormalisedTensor | null => {
  const [above = '', below = ''] = site.node.input
  const centred = centredOf(site, above)
  const deviation = deviationOf(site, below)
  if (centred === null || deviation === null) return null
  const other = centredOf(site, deviation.centred)
  return other?.tensor === centred.tensor && other.axis === centred.axis
    ? { ...centred, epsilon: deviation.epsilon }
    : null
}
