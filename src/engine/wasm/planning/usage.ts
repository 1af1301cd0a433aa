/** How the values of a graph are used, before any has a place: who reads them, when, and whether past gaps. */
import { type Graph, isUpdate, type Kind, type Value } from '../../../graph/graph.js'
import { othersOf } from '../emitters/rows.js'
import type { Fused } from './fuse.js'

type Inputs = { readonly [K in Kind]?: readonly number[] }

/** Inputs that may be strided: gaps between their rows. */
const readsStrided: Inputs = {
  conv: [0],
  convInput: [0],
  convKernel: [0, 1],
  depthwise: [0],
  depthwiseInput: [0],
  depthwiseKernel: [0, 1],
  batchNorm: [0],
  batchNormGrad: [0, 1],
  normalise: [0],
  maxPool: [0],
  maxPoolGrad: [0, 1, 2],
  avgPool: [0],
  avgPoolGrad: [0],
  slice: [0],
}

/** Kinds that may be a view of their input. */
export const viewKinds: ReadonlySet<Kind> = new Set<Kind>([
  'reshape',
  'stop',
  'allReduce',
  'broadcast',
  'slice',
  'part',
])

/** Inputs whose first result is not read: only their shape, or a later result. */
const unread: Inputs = {
  convInput: [2],
  depthwiseInput: [2],
  convKernel: [2],
  depthwiseKernel: [2],
  avgPoolGrad: [1],
  batchNormGrad: [3],
  part: [0],
}

interface Reading {
  readonly reader: Value
  readonly index: number
}

/** The readers of each value's first result, and as which input they read it. */
const readingsOf = ({ run, inputsOf, standIn }: Fused): ReadonlyMap<Value, readonly Reading[]> => {
  const readings = new Map<Value, Reading[]>()
  for (const reader of run)
    inputsOf(reader).forEach((input, index) => {
      if (unread[reader.op.kind]?.includes(index)) return
      const known = readings.get(standIn(input)) ?? []
      readings.set(standIn(input), [...known, { reader, index }])
    })
  return readings
}

/** Updates, and all that depends on one. */
const valuesAfterUpdates = ({ run, inputsOf, standIn }: Fused): ReadonlySet<Value> => {
  const late = new Set<Value>()
  for (const value of run)
    if (isUpdate(value.op) || inputsOf(value).some(input => late.has(standIn(input)))) late.add(value)
  return late
}

/** Values computed of fixed variables and constants alone, each in a buffer that nothing else writes. */
const fixedValues = (
  { run, inputsOf, standIn, ontoOf }: Fused,
  bases: ReadonlySet<Value>,
  isFixed: (variable: string) => boolean,
): ReadonlySet<Value> => {
  const fixed = new Set<Value>()
  const isComputed = (value: Value): boolean =>
    inputsOf(value).length > 0 &&
    inputsOf(value).every(input => fixed.has(standIn(input))) &&
    !isUpdate(value.op) &&
    othersOf(value).length === 0 &&
    ontoOf(value) === undefined &&
    !bases.has(value)
  for (const value of run) {
    const { op } = value
    if (op.kind === 'constant' || (op.kind === 'weight' && isFixed(op.name)) || isComputed(value))
      fixed.add(value)
  }
  return fixed
}

/** Updates that another update of the same variable follows: their result must be kept elsewhere. */
const overwrittenUpdates = (run: readonly Value[]): ReadonlySet<Value> => {
  const last = new Map(run.flatMap(value => (isUpdate(value.op) ? [[value.op.name, value] as const] : [])))
  return new Set(run.filter(value => isUpdate(value.op) && last.get(value.op.name) !== value))
}

/** What is known of a graph before any value has a place. */
export interface Usage {
  readonly fused: Fused
  readonly readings: ReadonlyMap<Value, readonly Reading[]>
  readonly late: ReadonlySet<Value>
  readonly overwritten: ReadonlySet<Value>
  readonly fetched: ReadonlySet<Value>
  /** Names of the variables that an update writes. */
  readonly updated: ReadonlySet<string>
  /** Values that another is accumulated onto. */
  readonly bases: ReadonlySet<Value>
  /** Values that are the same in every call, until a variable is written from outside. */
  readonly fixed: ReadonlySet<Value>
}

export const usageOf = (graph: Graph, fused: Fused, isFixed: (variable: string) => boolean): Usage => {
  const { run, standIn, ontoOf } = fused
  const bases = new Set(run.flatMap(value => ontoOf(value) ?? []).map(standIn))
  return {
    fused,
    readings: readingsOf(fused),
    late: valuesAfterUpdates(fused),
    overwritten: overwrittenUpdates(run),
    fetched: new Set(Object.values(graph.outputs).map(standIn)),
    updated: new Set(run.flatMap(({ op }) => (isUpdate(op) ? [op.name] : []))),
    bases,
    fixed: fixedValues(fused, bases, isFixed),
  }
}

const readersOf = ({ readings }: Usage, value: Value): readonly Reading[] => readings.get(value) ?? []

/** Whether a value may be strided: everything that reads it, apart from `ignored`, can step over gaps. */
export const mayBeStrided = (usage: Usage, value: Value, ignored?: Value): boolean =>
  !usage.fetched.has(value) &&
  readersOf(usage, value).every(
    ({ reader, index }) => reader === ignored || readsStrided[reader.op.kind]?.includes(index) === true,
  )

/** Whether a weight's initial value is read when an update may have written the variable. */
export const isReadLate = (usage: Usage, value: Value): boolean =>
  usage.fetched.has(value) ||
  readersOf(usage, value).some(
    ({ reader }) => usage.late.has(reader) || (viewKinds.has(reader.op.kind) && isReadLate(usage, reader)),
  )
