/**
 * Convolutions by constant kernels, each with what follows it: a norm by fixed statistics or a bias, a sum with another
 * map, and a clamp. The addon has one operation for them.
 */
import { type Graph, type Kind, type OpOf, type Program, type Value, valuesOf } from '../../../graph/graph.js'
import { macsIn } from '../../../graph/macs.js'
import { sumBy } from '../../../io/count.js'
import { channelsOf, isSameShape } from '../../../net/shape.js'

type Of<K extends Kind> = Value & { readonly op: OpOf<K> }

/** What one operation of the addon computes. */
export interface FusedConv {
  readonly product: Of<'conv'>
  /** A norm or a bias. */
  readonly behind: Value | undefined
  /** The other term of a sum. */
  readonly side: Value | undefined
  readonly clamp: 'relu' | 'relu6' | undefined
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

/** Whether a value follows from constants alone. */
const constantTest = (values: readonly Value[], isConstant: (name: string) => boolean) => {
  const known = new Set<Value>()
  for (const value of values) {
    const { op, inputs } = value
    if (op.kind === 'constant' || (op.kind === 'weight' && isConstant(op.name))) known.add(value)
    else if (inputs.length > 0 && inputs.every(input => known.has(input))) known.add(value)
  }
  return (value: Value | undefined): boolean => value !== undefined && known.has(value)
}

type Test = (value: Value | undefined) => boolean

/** The other input of a sum. */
const otherTerm = (sum: Value, term: Value): Value | undefined => sum.inputs.find(input => input !== term)

const isBiasOf = (product: Value, sum: Value, isConstant: Test): boolean => {
  const bias = otherTerm(sum, product)
  return (
    sum.op.kind === 'add' && isSameShape(bias?.shape ?? [], [channelsOf(product.shape)]) && isConstant(bias)
  )
}

const isNormOf = (product: Value, norm: Value, isConstant: Test): boolean =>
  norm.op.kind === 'normalise' && norm.inputs[0] === product && norm.inputs.slice(1).every(isConstant)

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
export const fuseConvs = (graph: Graph, isConstantName: (name: string) => boolean): Fusions => {
  const values = valuesOf(graph)
  const readers = soleReaders(graph, values)
  const isConstant = constantTest(values, isConstantName)
  const convs = new Map<Value, FusedConv>()
  const inside = new Set<Value>()
  const fuse = (product: Of<'conv'>): void => {
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
    const behind =
      second !== undefined && (isNormOf(product, second, isConstant) || isBiasOf(product, second, isConstant))
        ? second
        : undefined
    if (behind !== undefined) absorb(behind)
    const third = next()
    const side = sideOf(third, last)
    if (third !== undefined && side !== undefined) absorb(third)
    const fourth = next()
    const clamp = isClamp(fourth) ? fourth.op.kind : undefined
    if (isClamp(fourth)) absorb(fourth)
    convs.set(last, { product, behind, side, clamp })
  }
  for (const value of values)
    if (isConv(value) && value.op.window.dilation === 1 && isConstant(value.inputs[1])) fuse(value)
  return { convs, inside }
}
