/**
 * Convolutions by constant kernels, each with what follows it: a norm by fixed statistics or a bias, a sum with another
 * map, and a clamp. The addon has one operation for them, and one for the largest values of windows.
 */
import {
  type Graph,
  type Kind,
  type OpOf,
  type Program,
  type Value,
  valuesOf,
  type Window,
} from '../../../graph/graph.js'
import { macsIn } from '../../../graph/macs.js'
import { sumBy } from '../../../io/count.js'
import { elementAt } from '../../../io/element.js'
import { channelsOf, isSameShape } from '../../../net/shape.js'
import type { Tensor, Weights } from '../../../net/weights.js'

type Of<K extends Kind> = Value & { readonly op: OpOf<K> }

/** A product, or a norm alone, and what follows it, as one operation of the addon computes them. */
export interface FusedConv {
  /** Over all channels, or over each by itself. */
  readonly kind: 'conv' | 'depthwise'
  readonly x: Value
  readonly window: Window
  readonly kernel: Tensor
  /** What each filter's sums are multiplied by, and what is added to them. */
  readonly line: Line
  /** The other term of a sum; of a convolution over all channels. */
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
  /** Whether the largest values of windows are computed by the addon too. */
  readonly hasPools: boolean
  /** Values inside them, which nothing else reads. */
  readonly inside: ReadonlySet<Value>
}

export const noFusions: Fusions = { convs: new Map(), hasPools: false, inside: new Set() }

const is =
  <K extends Kind>(...kinds: readonly K[]) =>
  (value: Value | undefined): value is Of<K> =>
    value !== undefined && kinds.some(kind => kind === value.op.kind)

/** The window of a pixel. */
const pixel: Window = { stride: 1, dilation: 1, padding: 'valid' }

const isProduct = is('conv', 'depthwise')
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

/** Multiply–accumulates an image up to which the addon's convolutions are as fast as TensorFlow's where there are many images. */
const mostOfBatch = 30_000_000

/** The largest number of images that some values are fed with. */
const imagesIn = (values: readonly Value[]): number =>
  values.reduce(
    (most, { op, shape: [images = 1, ...rest] }) =>
      op.kind === 'input' && rest.length === 3 ? Math.max(most, images) : most,
    1,
  )

/**
 * Whether to fuse a program's convolutions: those of one image always; of a batch in small nets.
 * Measured on a core with AVX-512, oneDNN's time over the addon's: one image 1.1 to 6.7; 64 images 1.4 to 1.6 below 1 million,
 * 1.0 to 1.5 at 3 to 29 million, 0.9 at 41 million.
 */
export const isFusingQuicker = (program: Program): boolean => {
  const graphs = Object.values(program)
  const images = imagesIn(graphs.flatMap(valuesOf))
  return images === 1 || sumBy(graphs, macsIn) <= mostOfBatch * images
}

/** Where a fused convolution begins. */
type Start = Pick<FusedConv, 'kind' | 'x' | 'window' | 'kernel'> & { readonly line: Line | undefined }

/** Of a batch, what each channel is computed from by itself is TensorFlow's: its kernels are quicker there. */
const startOf = (value: Value, constantOf: ConstantOf, images: number): Start | undefined => {
  const [x, weight] = value.inputs
  if (x === undefined || x.shape.length !== 4 || (images > 1 && value.op.kind !== 'conv')) return undefined
  if (isProduct(value)) {
    const kernel = constantOf(weight)
    const { kind, window } = value.op
    return kernel === undefined || window.dilation !== 1
      ? undefined
      : { kind, x, window, kernel, line: undefined }
  }
  const line = lineOfNorm(value, constantOf)
  const ones = new Float32Array(channelsOf(x.shape)).fill(1)
  const kernel = { shape: [1, 1, ones.length, 1], data: ones }
  return line && { kind: 'depthwise', x, window: pixel, kernel, line }
}

/** Law  the fused convolutions and the values outside them compute the same outputs as the graph */
export const fuse = (graph: Graph, constants: Weights): Fusions => {
  const values = valuesOf(graph)
  const readers = soleReaders(graph, values)
  const constantOf = constantIn(constants)
  const images = imagesIn(values)
  const convs = new Map<Value, FusedConv>()
  const inside = new Set<Value>()
  const fuseFrom = (first: Value, start: Start): void => {
    let last = first
    const absorb = (next: Value): void => {
      inside.add(last)
      last = next
    }
    const next = (): Value | undefined => {
      const reader = readers.get(last)
      return reader === undefined || convs.has(reader) || inside.has(reader) ? undefined : reader
    }
    const second = next()
    const behind = start.line === undefined ? lineBehind(first, second, constantOf) : undefined
    if (second !== undefined && behind !== undefined) absorb(second)
    const third = next()
    const side = start.kind === 'conv' ? sideOf(third, last) : undefined
    if (third !== undefined && side !== undefined) absorb(third)
    const fourth = next()
    const clamp = isClamp(fourth) ? fourth.op.kind : undefined
    if (isClamp(fourth)) absorb(fourth)
    const line = start.line ?? behind ?? lineOfBias(new Float32Array(channelsOf(first.shape)))
    convs.set(last, { ...start, line, side, clamp })
  }
  for (const value of values) {
    const start = convs.has(value) || inside.has(value) ? undefined : startOf(value, constantOf, images)
    if (start !== undefined) fuseFrom(value, start)
  }
  return { convs, hasPools: images === 1, inside }
}
