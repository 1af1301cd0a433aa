/**
 * Which operations become one: a rectifier is part of the norm or product before it, a fixed norm or a bias part
 * of its product, and a gradient adds itself to the sum it is a term of. What is computed stays what was asked for.
 */
import { type Graph, type Kind, type OpOf, type Value, valuesOf } from '../../../graph/graph.js'
import { channelsOf, isSameShape } from '../../../net/shape.js'
import { type Finish, plainly } from '../emitters/emitter.js'

/** A graph's values, and how they are to be computed. */
export interface Fused {
  /** Those that are computed, in order. */
  readonly run: readonly Value[]
  /** The value whose place holds this one's numbers: itself unless fused. */
  readonly standIn: (value: Value) => Value
  readonly finishOf: (value: Value) => Finish
  /** What a value reads, in place of its own inputs. */
  readonly inputsOf: (value: Value) => readonly Value[]
  /** The value that this one adds its numbers to. */
  readonly ontoOf: (value: Value) => Value | undefined
}

type Of<K extends Kind> = Value & { readonly op: OpOf<K> }

const is =
  <K extends Kind>(...kinds: readonly K[]) =>
  (value: Value | undefined): value is Of<K> =>
    value !== undefined && kinds.some(kind => kind === value.op.kind)

const isRelu = is('relu')
const isNorm = is('batchNorm')
const isNormGrad = is('batchNormGrad')
const isAdder = is('convInput', 'maxPoolGrad', 'avgPoolGrad')

/** Products that can finish what they store. */
const isProduct = (value: Value): boolean =>
  value.op.kind === 'conv' || (value.op.kind === 'matmul' && !value.op.transposeA)

/** Kinds that may share another value's place. */
const borrows = is(
  ...(['input', 'weight', 'constant', 'part', 'reshape', 'stop', 'broadcast', 'slice', 'concat'] as const),
  ...(['assign', 'average', 'momentum', 'adam'] as const),
)

const consumersOf = (values: readonly Value[]): ReadonlyMap<Value, readonly Value[]> => {
  const found = new Map<Value, Value[]>()
  for (const value of values)
    for (const input of value.inputs) {
      const known = found.get(input)
      if (known === undefined) found.set(input, [value])
      else known.push(value)
    }
  return found
}

export const fuse = (graph: Graph): Fused => {
  const values = valuesOf(graph)
  const consumers = consumersOf(values)
  const fetched = new Set(Object.values(graph.outputs))
  const standIns = new Map<Value, Value>()
  const finishes = new Map<Value, Finish>()
  const inputs = new Map<Value, readonly Value[]>()
  const onto = new Map<Value, Value>()
  const bypassed = new Set<Value>()

  const readersOf = (value: Value): readonly Value[] => consumers.get(value) ?? []
  const standIn = (value: Value): Value => standIns.get(value) ?? value
  const finishOf = (value: Value): Finish => finishes.get(value) ?? plainly
  const refine = (value: Value, finish: Partial<Finish>) =>
    finishes.set(value, { ...finishOf(value), ...finish })

  /** What alone reads a value's own result. */
  const soleReader = (
    value: Value,
    overlooked: (reader: Value) => boolean = () => false,
  ): Value | undefined => {
    const readers = readersOf(value).filter(reader => !overlooked(reader))
    return readers.length === 1 && !fetched.has(value) ? readers[0] : undefined
  }

  const absorb = (whole: Value, into: Value, finish: Partial<Finish>): void => {
    standIns.set(whole, into)
    refine(into, finish)
  }

  const absorbRelu = (value: Value, reader: Value | undefined): void => {
    if (isRelu(reader)) absorb(reader, standIn(value), { rectified: true })
  }

  const finishNorm = (norm: Value): void =>
    absorbRelu(
      norm,
      soleReader(
        norm,
        reader =>
          reader.op.kind === 'part' || (isNormGrad(reader) && !reader.inputs.slice(0, 3).includes(norm)),
      ),
    )

  /** A bias is one number a channel. */
  const isBiasOf = (product: Value, sum: Value): boolean =>
    sum.op.kind === 'add' &&
    sum.inputs.some(input => input !== product && isSameShape(input.shape, [channelsOf(product.shape)])) &&
    isSameShape(sum.shape, product.shape)

  const finishProduct = (product: Value): void => {
    const next = soleReader(product)
    const shifts =
      next !== undefined && (isBiasOf(product, next) || (is('normalise')(next) && next.inputs[0] === product))
    if (!shifts) {
      absorbRelu(product, next)
      return
    }
    absorb(next, product, { behind: next })
    inputs.set(product, [...product.inputs, ...next.inputs.filter(input => input !== product)])
    absorbRelu(next, soleReader(next))
  }

  const finishFixedNorm = (norm: Value): void => {
    if (standIn(norm) === norm) absorbRelu(norm, soleReader(norm))
  }

  /** A norm's reverse pass sees for itself what the rectifier behind it let pass. */
  const finishNormGrad = (back: Value): void => {
    const [signal, x, scale, norm] = back.inputs
    if (signal?.op.kind !== 'reluGrad' || norm === undefined || x === undefined || scale === undefined) return
    const [sent, rectified] = signal.inputs
    if (sent === undefined || rectified === undefined || standIns.get(rectified) !== norm) return
    refine(back, { rectified: true })
    inputs.set(back, [sent, x, scale, norm])
    if (soleReader(signal) === back) bypassed.add(signal)
  }

  /** Of a sum of two, one that can add itself to the other, if nobody else wants either. */
  const finishSum = (sum: Value): void => {
    const [a, b] = sum.inputs
    if (a === undefined || b === undefined || !isSameShape(a.shape, b.shape)) return
    if (soleReader(a) !== sum || soleReader(b) !== sum) return
    const [term, base] = isAdder(b) ? [b, a] : isAdder(a) ? [a, b] : []
    if (term === undefined || base === undefined || borrows(base) || onto.has(term)) return
    onto.set(term, base)
    absorb(sum, term, { accumulated: true })
  }

  for (const value of values) {
    if (isNorm(value)) finishNorm(value)
    else if (isProduct(value)) finishProduct(value)
    else if (value.op.kind === 'normalise') finishFixedNorm(value)
    else if (isNormGrad(value)) finishNormGrad(value)
    else if (value.op.kind === 'add' && standIn(value) === value) finishSum(value)
  }
  return {
    run: values.filter(value => !standIns.has(value) && !bypassed.has(value)),
    standIn,
    finishOf,
    inputsOf: value => inputs.get(value) ?? value.inputs,
    ontoOf: value => onto.get(value),
  }
}
