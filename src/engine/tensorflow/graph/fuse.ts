/**
 * Convolutions by constant kernels, each with what follows it: a norm by fixed statistics or a bias, a sum with another
 * map, and a clamp. The addon has one operation for them, and one for the largest values of windows.
 */
import { type Graph, type Kind, type OpOf, type Value, valuesOf, type Window } from '../../../graph/graph.js'
import { elementAt } from '../../../io/element.js'
import { channelsOf, isSameShape } from '../../../net/shape.js'
import type { Tensor, Weights } from '../../../net/weights.js'
import { hasFewImages } from '../heuristics.js'

type Of<K extends Kind> = Value & { readonly op: OpOf<K> }

/** A product, or a norm or a clamp alone, and what follows it, as one operation of the addon computes them. */
export interface FusedConv {
  /** Of maps over all channels, or over each by itself; or of rows [rows, channels], each as a pixel's channels. */
  readonly kind: 'conv' | 'depthwise' | 'matmul'
  readonly x: Value
  readonly window: Window
  readonly kernel: Tensor
  /** What each filter's sums are multiplied by, and what is added to them. */
  readonly line: Line
  /** The other term of a sum; of a product over all channels. */
  readonly side: Value | undefined
  readonly clamp: 'relu' | 'relu6' | undefined
}

interface Line {
  readonly scale: Float32Array
  readonly shift: Float32Array
}

/** What the addon computes of a graph. */
export interface Fusions {
  /** By the last value of each. */
  readonly convs: ReadonlyMap<Value, FusedConv>
  /** Values inside them, which nothing else reads. */
  readonly inside: ReadonlySet<Value>
}

export const noFusions: Fusions = { convs: new Map(), inside: new Set() }

const is =
  <K extends Kind>(...kinds: readonly K[]) =>
  (value: Value | undefined): value is Of<K> =>
    value !== undefined && kinds.some(kind => kind === value.op.kind)

/** The window of a pixel. */
const pixel: Window = { stride: 1, dilation: 1, padding: 'valid' }

const isConvolution = is('conv', 'depthwise')
const isClamp = is('relu', 'relu6')

/** The one value that reads each, where there is one and no call fetches it. */
const soleReaders = (graph: Graph, values: readonly Value[]): ReadonlyMap<Value, Value> => {
  const readers = new Map<Value, readonly Value[]>(
    Object.values(graph.outputs).map(value => [value, [value, value]]),
  )
  for (const reader of values)
    for (const input of reader.inputs) readers.set(input, [...(readers.get(input) ?? []), reader])
  return new Map(
    [...readers].flatMap(([value, [reader, ...more]]) =>
      reader === undefined || more.length > 0 ? [] : [[value, reader] as const],
    ),
  )
}

/** The other input of a sum. */
const otherTerm = (sum: Value, term: Value): Value | undefined => sum.inputs.find(input => input !== term)

/** The numbers of a weight that is a constant. */
type ConstantOf = (value: Value | undefined) => Tensor | undefined

const constantIn =
  (constants: Weights): ConstantOf =>
  value =>
    value?.op.kind === 'weight' ? constants[value.op.name] : undefined

const lineOfBias = (bias: Float32Array): Line => ({
  scale: new Float32Array(bias.length).fill(1),
  shift: bias,
})

const noLine = (channels: number): Line => lineOfBias(new Float32Array(channels))

/** A norm by fixed statistics. */
const lineOfNorm = ({ op, inputs }: Value, constantOf: ConstantOf): Line | undefined => {
  if (op.kind !== 'normalise') return undefined
  const [scale, shift, mean, variance] = inputs.slice(1).map(input => constantOf(input)?.data)
  if (scale === undefined || shift === undefined || mean === undefined || variance === undefined)
    return undefined
  const factor = scale.map((each, c) => each / Math.sqrt(elementAt(variance, c) + op.epsilon))
  return { scale: factor, shift: shift.map((each, c) => each - elementAt(mean, c) * elementAt(factor, c)) }
}

/** A bias or a norm behind a product. */
const lineBehind = (product: Value, next: Value | undefined, constantOf: ConstantOf): Line | undefined => {
  if (next?.op.kind !== 'add') return next?.inputs[0] === product ? lineOfNorm(next, constantOf) : undefined
  const bias = constantOf(otherTerm(next, product))
  return bias !== undefined && isSameShape(bias.shape, [channelsOf(product.shape)])
    ? lineOfBias(bias.data)
    : undefined
}

const sideOf = (sum: Value | undefined, term: Value): Value | undefined => {
  if (sum?.op.kind !== 'add') return undefined
  const side = otherTerm(sum, term)
  return side !== undefined && isSameShape(side.shape, term.shape) ? side : undefined
}

/** Where a fused convolution begins. */
type Start = Pick<FusedConv, 'kind' | 'x' | 'window' | 'kernel'> & {
  readonly line: Line | undefined
  readonly clamp?: FusedConv['clamp']
}

/** Rows by a matrix that never changes. */
const startOfRows = ({ op, inputs: [x, weight] }: Value, constantOf: ConstantOf): Start | undefined => {
  if (x?.shape.length !== 2 || op.kind !== 'matmul' || op.transposeA || op.transposeB) return undefined
  const matrix = constantOf(weight)
  const kernel = matrix && { shape: [1, 1, ...matrix.shape], data: matrix.data }
  return kernel && { kind: 'matmul', x, window: pixel, kernel, line: undefined }
}

/** Of many images, what each channel is computed from by itself is TensorFlow's: its kernels are quicker there. */
const startOf = (value: Value, constantOf: ConstantOf, hasFew: boolean): Start | undefined => {
  const [x, weight] = value.inputs
  if (hasFew && value.op.kind === 'matmul') return startOfRows(value, constantOf)
  if (x === undefined || x.shape.length !== 4 || (!hasFew && value.op.kind !== 'conv')) return undefined
  if (isConvolution(value)) {
    const kernel = constantOf(weight)
    const { kind, window } = value.op
    return kernel === undefined || window.dilation !== 1
      ? undefined
      : { kind, x, window, kernel, line: undefined }
  }
  const clamp = isClamp(value) ? value.op.kind : undefined
  const line = clamp === undefined ? lineOfNorm(value, constantOf) : noLine(channelsOf(x.shape))
  const ones = new Float32Array(channelsOf(x.shape)).fill(1)
  const kernel = { shape: [1, 1, ones.length, 1], data: ones }
  return line && { kind: 'depthwise', x, window: pixel, kernel, line, clamp }
}

/** A fused convolution, and the values it computes, the last of which is read. */
interface Chain {
  readonly conv: FusedConv
  readonly values: readonly Value[]
}

type ReaderOf = (value: Value) => Value | undefined

const chainFrom = (first: Value, start: Start, readerOf: ReaderOf, constantOf: ConstantOf): Chain => {
  let last = first
  const values = [first]
  const absorb = (next: Value): void => {
    values.push(next)
    last = next
  }
  const second = readerOf(last)
  const behind = start.line === undefined ? lineBehind(first, second, constantOf) : undefined
  if (second !== undefined && behind !== undefined) absorb(second)
  const third = readerOf(last)
  const side = start.kind === 'depthwise' ? undefined : sideOf(third, last)
  if (third !== undefined && side !== undefined) absorb(third)
  const fourth = start.clamp === undefined ? readerOf(last) : undefined
  const clamp = isClamp(fourth) ? fourth.op.kind : start.clamp
  if (isClamp(fourth)) absorb(fourth)
  const line = start.line ?? behind ?? noLine(channelsOf(first.shape))
  return { conv: { ...start, line, side, clamp }, values }
}

/** Law  the fused convolutions and the values outside them compute the same outputs as the graph */
export const fuse = (graph: Graph, constants: Weights): Fusions => {
  const values = valuesOf(graph)
  const hasFew = hasFewImages(values)
  const readers = soleReaders(graph, values)
  const constantOf = constantIn(constants)
  const convs = new Map<Value, FusedConv>()
  const inside = new Set<Value>()
  const isFused = (value: Value): boolean => convs.has(value) || inside.has(value)
  const readerOf = (value: Value): Value | undefined => {
    const reader = readers.get(value)
    return reader === undefined || isFused(reader) ? undefined : reader
  }
  for (const value of values) {
    const start = isFused(value) ? undefined : startOf(value, constantOf, hasFew)
    if (start === undefined) continue
    const chain = chainFrom(value, start, readerOf, constantOf)
    for (const each of chain.values.slice(0, -1)) inside.add(each)
    convs.set(chain.values.at(-1) ?? value, chain.conv)
  }
  return { convs, inside }
}
