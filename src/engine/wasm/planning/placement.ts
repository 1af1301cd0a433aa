/** Which place each value has: one of its own, a variable's, or part of another value's. */
import { type Graph, isUpdate, type Kind, slotsOf, type Value } from '../../../graph/graph.js'
import { channelsOf, isSameShape } from '../../../net/shape.js'
import { othersOf } from '../emitters/rows.js'
import { type Buffer, channelsFrom, isFlat, type Place, whole } from './buffers.js'
import type { Fused } from './fuse.js'

/** Memory that outlives a call. */
export interface Lasting {
  readonly variable: (name: string) => Buffer
  readonly constant: (value: number) => Buffer
}

export interface Placement {
  readonly placeOf: (value: Value) => Place
  /** Of the results behind the first. */
  readonly othersOf: (value: Value) => readonly Place[]
  /** The variable an update changes, then its slots; the one a weight stands for. */
  readonly variablesOf: (value: Value) => readonly Place[]
  /** Whether a value only looks at another's place, so that there is nothing to compute. */
  readonly isView: (value: Value) => boolean
}

type Inputs = { readonly [K in Kind]?: readonly number[] }

/** Inputs whose rows may lie apart. */
const takesGaps: Inputs = {
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

/** Inputs of which the numbers are not read, or not these. */
const unread: Inputs = {
  convInput: [2],
  depthwiseInput: [2],
  convKernel: [2],
  depthwiseKernel: [2],
  avgPoolGrad: [1],
  batchNormGrad: [3],
  part: [0],
}

/** Kinds that can store their rows apart. */
const leavesGaps: ReadonlySet<Kind> = new Set<Kind>([
  ...(['conv', 'depthwise', 'batchNorm', 'normalise', 'maxPool', 'avgPool', 'concat'] as const),
])

const looks: ReadonlySet<Kind> = new Set<Kind>(['reshape', 'stop', 'broadcast', 'slice', 'part'])

interface Reading {
  readonly reader: Value
  readonly index: number
}

/** Who reads the numbers of each value, and as which input. */
const readingsOf = ({ run, inputsOf, standIn }: Fused): ReadonlyMap<Value, readonly Reading[]> => {
  const found = new Map<Value, Reading[]>()
  for (const reader of run)
    inputsOf(reader).forEach((input, index) => {
      if (unread[reader.op.kind]?.includes(index)) return
      const known = found.get(standIn(input)) ?? []
      found.set(standIn(input), [...known, { reader, index }])
    })
  return found
}

/** Values that an update has an effect on. */
const afterUpdates = ({ run, inputsOf, standIn }: Fused): ReadonlySet<Value> => {
  const found = new Set<Value>()
  for (const value of run)
    if (isUpdate(value.op) || inputsOf(value).some(input => found.has(standIn(input)))) found.add(value)
  return found
}

/** Updates that another of the same variable follows: what they leave must be kept elsewhere. */
const overwritten = (run: readonly Value[]): ReadonlySet<Value> => {
  const last = new Map(run.flatMap(value => (isUpdate(value.op) ? [[value.op.name, value] as const] : [])))
  return new Set(run.filter(value => isUpdate(value.op) && last.get(value.op.name) !== value))
}

export const placeValues = (graph: Graph, fused: Fused, lasting: Lasting): Placement => {
  const { run, standIn, inputsOf, ontoOf } = fused
  const readings = readingsOf(fused)
  const late = afterUpdates(fused)
  const stale = overwritten(run)
  const fetched = new Set(Object.values(graph.outputs).map(standIn))
  const changed = new Set(run.flatMap(({ op }) => (isUpdate(op) ? [op.name] : [])))
  const addedTo = new Set(run.flatMap(value => ontoOf(value) ?? []).map(standIn))
  const readersOf = (value: Value): readonly Reading[] => readings.get(value) ?? []

  const gapsFit = (value: Value, but?: Value): boolean =>
    !fetched.has(value) &&
    readersOf(value).every(
      ({ reader, index }) => reader === but || takesGaps[reader.op.kind]?.includes(index) === true,
    )

  /** Whether a weight's first numbers are still wanted when the variable may have changed. */
  const outlived = (value: Value): boolean =>
    fetched.has(value) ||
    readersOf(value).some(({ reader }) => late.has(reader) || (looks.has(reader.op.kind) && outlived(reader)))

  /** Branches that can write straight into their channels of a concat. */
  const joined = new Map<Value, { readonly whole: Value; readonly first: number }>()
  for (const value of run) {
    if (value.op.kind !== 'concat') continue
    const branches = inputsOf(value).map(standIn)
    branches.forEach((branch, nth) => {
      const first = inputsOf(value)
        .slice(0, nth)
        .reduce((sum, { shape }) => sum + channelsOf(shape), 0)
      const alone = branches.indexOf(branch) === branches.lastIndexOf(branch)
      const free = !joined.has(branch) && !addedTo.has(branch) && ontoOf(branch) === undefined
      if (alone && free && leavesGaps.has(branch.op.kind) && gapsFit(branch, value))
        joined.set(branch, { whole: value, first })
    })
  }

  const fed = new Map<string, Place>()
  const inputPlace = (name: string, value: Value): Place => {
    const place = fed.get(name) ?? whole(value.shape)
    fed.set(name, place)
    return place
  }

  const others = new Map<Value, readonly Place[]>()
  const othersFor = (value: Value): readonly Place[] => {
    const known = others.get(value) ?? othersOf(value).map(floats => whole([floats]))
    others.set(value, known)
    return known
  }

  const views = new Set<Value>()
  const viewed = (value: Value, place: Place): Place => {
    views.add(value)
    return place
  }

  const decide = (value: Value): Place => {
    const { op, shape } = value
    const onto = ontoOf(value)
    const into = joined.get(value)
    const [first] = inputsOf(value)
    if (onto !== undefined) return placeOf(onto)
    if (into !== undefined) return channelsFrom(into.first, placeOf(into.whole))
    if (op.kind === 'input') return viewed(value, inputPlace(op.name, value))
    if (op.kind === 'constant') return viewed(value, whole(shape, lasting.constant(op.value)))
    if (op.kind === 'weight' && !(changed.has(op.name) && outlived(value)))
      return viewed(value, whole(shape, lasting.variable(op.name)))
    if (isUpdate(op) && !stale.has(value)) return whole(shape, lasting.variable(op.name))
    if (first === undefined || !looks.has(op.kind)) return whole(shape)
    if (op.kind === 'part') return viewed(value, othersFor(standIn(first))[op.index - 1] ?? whole(shape))
    const from = placeOf(first)
    if (op.kind === 'slice') return gapsFit(value) ? viewed(value, channelsFrom(op.from, from)) : whole(shape)
    const same = op.kind !== 'broadcast' || isSameShape(shape, first.shape)
    return same && isFlat(first.shape, from)
      ? viewed(value, { ...whole(shape, from.buffer), offset: from.offset })
      : whole(shape)
  }

  const places = new Map<Value, Place>()
  const placeOf = (value: Value): Place => {
    const own = standIn(value)
    const place = places.get(own) ?? decide(own)
    places.set(own, place)
    return place
  }

  for (const value of run) placeOf(value)
  return {
    placeOf,
    othersOf: value => othersFor(standIn(value)),
    variablesOf: ({ op, shape }) =>
      op.kind === 'weight' || isUpdate(op)
        ? [op.name, ...slotsOf(op)].map(name => whole(shape, lasting.variable(name)))
        : [],
    isView: value => views.has(value),
  }
}
