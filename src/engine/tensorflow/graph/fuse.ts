/**
 * Convolutions by constant kernels, each with what follows it: a norm by fixed statistics or a bias, a sum with another
 * map, and a clamp. The addon has one operation for them.
 */
import { type Graph, type Kind, type OpOf, type Program, type Value, valuesOf } from '../../../graph/graph.js'
import { macsIn } from '../../../graph/macs.js'
import { sumBy } from '../../../io/count.js'
import { elementAt } from '../../../io/element.js'
import { channelsOf, isSameShape } from '../../../net/shape.js'
import type { Tensor, Weights } from '../../../net/weights.js'

type Of<K extends Kind> = Value & { readonly op: OpOf<K> }

/** What one operation of the addon computes. */
export interface FusedConv {
  readonly product: Of<'conv'>
  readonly kernel: Tensor
  /** What each filter's sums are multiplied by, and what is added to them. */
  readonly line: Line
  /** The other term of a sum. */
  readonly side: Value | undefined
  readonly clamp: 'relu' | 'relu6' | undefined
}

interface Line {
  readonly scale: Float32Array
  readonly shift: Float32Array
}

/** The fused convolutions of a graph. */
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

const isConv = is('conv')
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

const lineOfBias = (filters: number, bias: Float32Array): Line => ({
  scale: new Float32Array(filters).fill(1),
  shift: bias,
})

/** A bias or a norm by fixed statistics behind a product, as a line. */
const lineBehind = (product: Value, next: Value | undefined, constantOf: ConstantOf): Line | undefined => {
  if (next?.op.kind === 'add') {
    const bias = constantOf(otherTerm(next, product))
    return bias !== undefined && isSameShape(bias.shape, [channelsOf(product.shape)])
      ? lineOfBias(channelsOf(product.shape), bias.data)
      : undefined
  }
  if (next?.op.kind !== 'normalise' || next.inputs[0] !== product) return undefined
  const { epsilon } = next.op
  const [scale, shift, mean, variance] = next.inputs.slice(1).map(input => constantOf(input)?.data)
  if (scale === undefined || shift === undefined || mean === undefined || variance === undefined)
    return undefined
  const factor = scale.map((each, c) => each / Math.sqrt(elementAt(variance, c) + epsilon))
  return { scale: factor, shift: shift.map((each, c) => each - elementAt(mean, c) * elementAt(factor, c)) }
}

const sideOf = (sum: Value | undefined, term: Value): Value | undefined => {
  if (sum?.op.kind !== 'add') return undefined
  const side = otherTerm(sum, term)
  return side !== undefined && isSameShape(side.shape, term.shape) ? side : undefined
}

/** Multiply–accumulates an image up to which the addon's convolutions are as fast as TensorFlow's where there are many images. */
const mostOfBatch = 30_000_000

/** The largest number of images that a program is fed with. */
const imagesIn = (program: Program): number =>
  Object.values(program)
    .flatMap(valuesOf)
    .reduce(
      (most, { op, shape: [images = 1, ...rest] }) =>
        op.kind === 'input' && rest.length === 3 ? Math.max(most, images) : most,
      1,
    )

/**
 * Whether to fuse a program's convolutions: those of one image always; of a batch in small nets.
 * Measured on a core with AVX-512, oneDNN's time over the addon's: one image 1.0 (DenseNet-40) to 4.1 (narrow Inception-88
 * with a quarter of its multiply–accumulates); 64 images 1.4 to 1.6 below 1 million, 1.0 to 1.5 at 3 to 29 million, 0.9 at
 * 41 million.
 */
export const isFusingQuicker = (program: Program): boolean => {
  const images = imagesIn(program)
  return images === 1 || sumBy(Object.values(program), macsIn) <= mostOfBatch * images
}

/** Law  the fused convolutions and the values outside them compute the same outputs as the graph */
export const fuseConvs = (graph: Graph, constants: Weights): Fusions => {
  const values = valuesOf(graph)
  const readers = soleReaders(graph, values)
  const constantOf = constantIn(constants)
  const convs = new Map<Value, FusedConv>()
  const inside = new Set<Value>()
  const fuse = (product: Of<'conv'>, kernel: Tensor): void => {
    let last: Value = product
    const absorb = (next: Value): void => {
      inside.add(last)
      last = next
    }
    const next = (): Value | undefined => {
      const reader = readers.get(last)
      return reader === undefined || convs.has(reader) || inside.has(reader) ? undefined : reader
    }
    const second = next()
    const line = lineBehind(product, second, constantOf)
    if (second !== undefined && line !== undefined) absorb(second)
    const third = next()
    const side = sideOf(third, last)
    if (third !== undefined && side !== undefined) absorb(third)
    const fourth = next()
    const clamp = isClamp(fourth) ? fourth.op.kind : undefined
    if (isClamp(fourth)) absorb(fourth)
    const filters = channelsOf(product.shape)
    convs.set(last, {
      product,
      kernel,
      line: line ?? lineOfBias(filters, new Float32Array(filters)),
      side,
      clamp,
    })
  }
  for (const value of values) {
    const kernel = isConv(value) && value.op.window.dilation === 1 ? constantOf(value.inputs[1]) : undefined
    if (isConv(value) && kernel !== undefined) fuse(value, kernel)
  }
  return { convs, inside }
}
