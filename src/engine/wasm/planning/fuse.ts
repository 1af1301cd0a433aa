/**
 * Operator fusion: a ReLU or ReLU6 is computed by the norm or product before it, a fixed norm or a bias by the product before
 * it, and a sum of gradients by one of its terms. Fusion changes no result.
 */
import { type Graph, type Kind, type OpOf, type Value, valuesOf } from '../../../graph/graph.js'
import { channelsOf, isSameShape } from '../../../net/shape.js'
import { type Epilogue, noEpilogue } from '../emitters/emitter.js'

/** A graph's values, and how each is computed. */
export interface Fused {
  /** The values that are computed, in order. */
  readonly run: readonly Value[]
  /** The value whose place holds this one's result: itself unless fused. */
  readonly standIn: (value: Value) => Value
  readonly finishOf: (value: Value) => Epilogue
  /** The values that a computation reads: its own inputs unless fused. */
  readonly inputsOf: (value: Value) => readonly Value[]
  /** The value that this one is accumulated onto. */
  readonly ontoOf: (value: Value) => Value | undefined
}

type Of<K extends Kind> = Value & { readonly op: OpOf<K> }

const is =
  <K extends Kind>(...kinds: readonly K[]) =>
  (value: Value | undefined): value is Of<K> =>
    value !== undefined && kinds.some(kind => kind === value.op.kind)

const isClamp = is('relu', 'relu6')
const isClampGrad = is('reluGrad', 'relu6Grad')
const isNorm = is('batchNorm')
const isNormGrad = is('batchNormGrad')
const isFixedNorm = is('normalise')
/** Kernels that can add to what their output holds. */
const canAccumulate = is('convInput', 'maxPoolGrad', 'avgPoolGrad')

/** Products whose kernel can apply a norm, a bias and a ReLU or ReLU6 before it stores. */
const isProduct = (value: Value): boolean =>
  value.op.kind === 'conv' || (value.op.kind === 'matmul' && !value.op.transposeA)

/** Kinds whose result may lie in another value's memory. */
const mayAlias = is(
  ...(['input', 'weight', 'constant', 'part', 'reshape', 'stop', 'broadcast', 'slice', 'concat'] as const),
  ...(['assign', 'average', 'momentum', 'adam'] as const),
)

const consumersOf = (values: readonly Value[]): ReadonlyMap<Value, readonly Value[]> => {
  const consumers = new Map<Value, Value[]>()
  for (const value of values)
    for (const input of value.inputs) {
      const known = consumers.get(input)
      if (known === undefined) consumers.set(input, [value])
      else known.push(value)
    }
  return consumers
}

/** A graph during fusion: who reads each value, and the decisions made so far. */
interface Fusion {
  readonly consumers: ReadonlyMap<Value, readonly Value[]>
  readonly fetched: ReadonlySet<Value>
  readonly standIns: Map<Value, Value>
  readonly finishes: Map<Value, Epilogue>
  readonly inputs: Map<Value, readonly Value[]>
  readonly bases: Map<Value, Value>
  /** Values that nobody reads any more. */
  readonly bypassed: Set<Value>
}

const startFusion = (graph: Graph, values: readonly Value[]): Fusion => ({
  consumers: consumersOf(values),
  fetched: new Set(Object.values(graph.outputs)),
  standIns: new Map(),
  finishes: new Map(),
  inputs: new Map(),
  bases: new Map(),
  bypassed: new Set(),
})

const standInOf = ({ standIns }: Fusion, value: Value): Value => standIns.get(value) ?? value

const finishOf = ({ finishes }: Fusion, value: Value): Epilogue => finishes.get(value) ?? noEpilogue

const refineFinish = (fusion: Fusion, value: Value, finish: Partial<Epilogue>): void => {
  fusion.finishes.set(value, { ...finishOf(fusion, value), ...finish })
}

/** The only reader of a value's result, apart from the readers to ignore. */
const soleReader = (
  { consumers, fetched }: Fusion,
  value: Value,
  isIgnored: (reader: Value) => boolean = () => false,
): Value | undefined => {
  const readers = (consumers.get(value) ?? []).filter(reader => !isIgnored(reader))
  return readers.length === 1 && !fetched.has(value) ? readers[0] : undefined
}

/** Makes `host` compute `value`. */
const absorb = (fusion: Fusion, value: Value, host: Value, finish: Partial<Epilogue>): void => {
  fusion.standIns.set(value, host)
  refineFinish(fusion, host, finish)
}

const absorbClamp = (fusion: Fusion, value: Value, reader: Value | undefined): void => {
  if (isClamp(reader)) absorb(fusion, reader, standInOf(fusion, value), { clamp: reader.op.kind })
}

/** Parts and the norm's own gradient read the saved statistics, not the result. */
const readsStatistics =
  (norm: Value) =>
  (reader: Value): boolean =>
    reader.op.kind === 'part' || (isNormGrad(reader) && !reader.inputs.slice(0, 3).includes(norm))

const fuseNorm = (fusion: Fusion, norm: Value): void =>
  absorbClamp(fusion, norm, soleReader(fusion, norm, readsStatistics(norm)))

/** A bias is one number per channel. */
const isBiasOf = (product: Value, sum: Value): boolean =>
  sum.op.kind === 'add' &&
  sum.inputs.some(input => input !== product && isSameShape(input.shape, [channelsOf(product.shape)])) &&
  isSameShape(sum.shape, product.shape)

const isFixedNormOf = (product: Value, norm: Value): boolean =>
  isFixedNorm(norm) && norm.inputs[0] === product

const fuseProduct = (fusion: Fusion, product: Value): void => {
  const next = soleReader(fusion, product)
  if (next === undefined || !(isBiasOf(product, next) || isFixedNormOf(product, next))) {
    absorbClamp(fusion, product, next)
    return
  }
  absorb(fusion, next, product, { behind: next })
  fusion.inputs.set(product, [...product.inputs, ...next.inputs.filter(input => input !== product)])
  absorbClamp(fusion, next, soleReader(fusion, next))
}

const fuseFixedNorm = (fusion: Fusion, norm: Value): void => {
  if (standInOf(fusion, norm) === norm) absorbClamp(fusion, norm, soleReader(fusion, norm))
}

/** The gradient of a norm with a fused ReLU or ReLU6 masks its own signal, so that one's gradient need not be computed. */
const fuseNormGrad = (fusion: Fusion, gradient: Value): void => {
  const [signal, x, scale, norm] = gradient.inputs
  if (!isClampGrad(signal) || norm === undefined || x === undefined || scale === undefined) return
  const [dy, relu] = signal.inputs
  if (dy === undefined || relu === undefined || fusion.standIns.get(relu) !== norm) return
  refineFinish(fusion, gradient, { clamp: finishOf(fusion, norm).clamp })
  fusion.inputs.set(gradient, [dy, x, scale, norm])
  if (soleReader(fusion, signal) === gradient) fusion.bypassed.add(signal)
}

/** Accumulates one term of a sum onto the other, where nothing else reads either. */
const fuseSum = (fusion: Fusion, sum: Value): void => {
  const [a, b] = sum.inputs
  if (standInOf(fusion, sum) !== sum || a === undefined || b === undefined || !isSameShape(a.shape, b.shape))
    return
  if (soleReader(fusion, a) !== sum || soleReader(fusion, b) !== sum) return
  const [term, base] = canAccumulate(b) ? [b, a] : canAccumulate(a) ? [a, b] : []
  if (term === undefined || base === undefined || mayAlias(base) || fusion.bases.has(term)) return
  fusion.bases.set(term, base)
  absorb(fusion, sum, term, { accumulated: true })
}

const fuseValue = (fusion: Fusion, value: Value): void => {
  if (isNorm(value)) fuseNorm(fusion, value)
  else if (isProduct(value)) fuseProduct(fusion, value)
  else if (isFixedNorm(value)) fuseFixedNorm(fusion, value)
  else if (isNormGrad(value)) fuseNormGrad(fusion, value)
  else if (value.op.kind === 'add') fuseSum(fusion, value)
}

/** Law  the values that run, with their stand-ins, compute the same outputs as the graph */
export const fuse = (graph: Graph): Fused => {
  const values = valuesOf(graph)
  const fusion = startFusion(graph, values)
  for (const value of values) fuseValue(fusion, value)
  const { standIns, bypassed, inputs, bases } = fusion
  return {
    run: values.filter(value => !standIns.has(value) && !bypassed.has(value)),
    standIn: value => standInOf(fusion, value),
    finishOf: value => finishOf(fusion, value),
    inputsOf: value => inputs.get(value) ?? value.inputs,
    ontoOf: value => bases.get(value),
  }
}
