/** Assigns each value its memory: a buffer of its own, a variable's, or a part of another value's. */
import { type Graph, isUpdate, type Kind, slotsOf, type Value } from '../../../graph/graph.js'
import { channelsOf, isSameShape } from '../../../net/shape.js'
import { othersOf } from '../emitters/rows.js'
import { type Buffer, channelsFrom, isFlat, type Place, wholePlace } from './buffers.js'
import type { Fused } from './fuse.js'

/** Memory that outlives a call. */
export interface PersistentMemory {
  readonly variable: (name: string) => Buffer
  readonly constant: (value: number) => Buffer
}

export interface Placement {
  readonly placeOf: (value: Value) => Place
  /** Places of the results after the first. */
  readonly othersOf: (value: Value) => readonly Place[]
  /** The variable that an update writes, then its slots; or the variable that a weight reads. */
  readonly variablesOf: (value: Value) => readonly Place[]
  /** Whether a value is a view of memory written elsewhere, so that there is nothing to compute. */
  readonly isView: (value: Value) => boolean
}

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

/** Kinds that can write a strided output. */
const writesStrided: ReadonlySet<Kind> = new Set<Kind>([
  ...(['conv', 'depthwise', 'batchNorm', 'normalise', 'maxPool', 'avgPool', 'concat'] as const),
])

/** Kinds that may be a view of their input. */
const viewKinds: ReadonlySet<Kind> = new Set<Kind>(['reshape', 'stop', 'broadcast', 'slice', 'part'])

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

/** Updates that another update of the same variable follows: their result must be kept elsewhere. */
const overwrittenUpdates = (run: readonly Value[]): ReadonlySet<Value> => {
  const last = new Map(run.flatMap(value => (isUpdate(value.op) ? [[value.op.name, value] as const] : [])))
  return new Set(run.filter(value => isUpdate(value.op) && last.get(value.op.name) !== value))
}

/** What is known of a graph before any value has a place. */
interface Usage {
  readonly fused: Fused
  readonly readings: ReadonlyMap<Value, readonly Reading[]>
  readonly late: ReadonlySet<Value>
  readonly overwritten: ReadonlySet<Value>
  readonly fetched: ReadonlySet<Value>
  /** Names of the variables that an update writes. */
  readonly updated: ReadonlySet<string>
  /** Values that another is accumulated onto. */
  readonly bases: ReadonlySet<Value>
}

const usageOf = (graph: Graph, fused: Fused): Usage => {
  const { run, standIn, ontoOf } = fused
  return {
    fused,
    readings: readingsOf(fused),
    late: valuesAfterUpdates(fused),
    overwritten: overwrittenUpdates(run),
    fetched: new Set(Object.values(graph.outputs).map(standIn)),
    updated: new Set(run.flatMap(({ op }) => (isUpdate(op) ? [op.name] : []))),
    bases: new Set(run.flatMap(value => ontoOf(value) ?? []).map(standIn)),
  }
}

const readersOf = ({ readings }: Usage, value: Value): readonly Reading[] => readings.get(value) ?? []

/** Whether a value may be strided: everything that reads it, apart from `ignored`, can step over gaps. */
const mayBeStrided = (usage: Usage, value: Value, ignored?: Value): boolean =>
  !usage.fetched.has(value) &&
  readersOf(usage, value).every(
    ({ reader, index }) => reader === ignored || readsStrided[reader.op.kind]?.includes(index) === true,
  )

/** Whether a weight's initial value is read when an update may have written the variable. */
const isReadLate = (usage: Usage, value: Value): boolean =>
  usage.fetched.has(value) ||
  readersOf(usage, value).some(
    ({ reader }) => usage.late.has(reader) || (viewKinds.has(reader.op.kind) && isReadLate(usage, reader)),
  )

/** The channels of a concat that a branch writes, from `first` on. */
interface Joint {
  readonly concat: Value
  readonly first: number
}

type Joints = ReadonlyMap<Value, Joint>

/** Whether a branch can write its channels of the concat itself. */
const canJoin = (usage: Usage, branch: Value, concat: Value, branches: readonly Value[]): boolean =>
  branches.indexOf(branch) === branches.lastIndexOf(branch) &&
  !usage.bases.has(branch) &&
  usage.fused.ontoOf(branch) === undefined &&
  writesStrided.has(branch.op.kind) &&
  mayBeStrided(usage, branch, concat)

const channelsBefore = (inputs: readonly Value[], nth: number): number =>
  inputs.slice(0, nth).reduce((sum, { shape }) => sum + channelsOf(shape), 0)

const jointsOf = (usage: Usage, concat: Value): readonly (readonly [Value, Joint])[] => {
  const inputs = usage.fused.inputsOf(concat)
  const branches = inputs.map(usage.fused.standIn)
  return branches.flatMap((branch, nth) =>
    canJoin(usage, branch, concat, branches)
      ? [[branch, { concat, first: channelsBefore(inputs, nth) }] as const]
      : [],
  )
}

/** Branches that write straight into a concat. None is shared by two: a concat reads no strided input. */
const joinBranches = (usage: Usage): Joints => {
  const concats = usage.fused.run.filter(({ op }) => op.kind === 'concat')
  return new Map(concats.flatMap(concat => jointsOf(usage, concat)))
}

/** Placement under way: the usage, and the places assigned so far. */
interface Context {
  readonly usage: Usage
  readonly lasting: PersistentMemory
  readonly joints: Joints
  readonly fed: Map<string, Place>
  readonly others: Map<Value, readonly Place[]>
  readonly places: Map<Value, Place>
  readonly views: Set<Value>
}

const contextOf = (usage: Usage, lasting: PersistentMemory): Context => ({
  usage,
  lasting,
  joints: joinBranches(usage),
  fed: new Map(),
  others: new Map(),
  places: new Map(),
  views: new Set(),
})

/** One place per key, made on first use. */
const memoize = <K, A>(known: Map<K, A>, key: K, make: () => A): A => {
  const value = known.get(key) ?? make()
  known.set(key, value)
  return value
}

const placesOfOthers = ({ usage, others }: Context, value: Value): readonly Place[] => {
  const own = usage.fused.standIn(value)
  return memoize(others, own, () => othersOf(own).map(floats => wholePlace([floats])))
}

/** A part reads a later result of its first input. */
const placeOfPart = (context: Context, { op }: Value, source: Value): Place | undefined =>
  op.kind === 'part' ? placesOfOthers(context, source)[op.index - 1] : undefined

/** A slice of some channels is strided. */
const placeOfSlice = (context: Context, value: Value, source: Value): Place | undefined =>
  value.op.kind === 'slice' && mayBeStrided(context.usage, value)
    ? channelsFrom(value.op.from, placeOf(context, source))
    : undefined

const placeOfReshape = (context: Context, { op, shape }: Value, source: Value): Place | undefined => {
  const from = placeOf(context, source)
  const isSame = op.kind !== 'broadcast' || isSameShape(shape, source.shape)
  return isSame && isFlat(source.shape, from)
    ? { ...wholePlace(shape, from.buffer), offset: from.offset }
    : undefined
}

/** The memory of an input, a constant, or a variable that no update has written when it is read. */
const placeOfLeaf = ({ usage, lasting, fed }: Context, value: Value): Place | undefined => {
  const { op, shape } = value
  switch (op.kind) {
    case 'input':
      return memoize(fed, op.name, () => wholePlace(shape))
    case 'constant':
      return wholePlace(shape, lasting.constant(op.value))
    case 'weight':
      return usage.updated.has(op.name) && isReadLate(usage, value)
        ? undefined
        : wholePlace(shape, lasting.variable(op.name))
    default:
      return undefined
  }
}

/** The memory that a value is a view of, if it can be one. */
const viewedPlace = (context: Context, value: Value): Place | undefined => {
  const [source] = context.usage.fused.inputsOf(value)
  if (source === undefined) return placeOfLeaf(context, value)
  if (!viewKinds.has(value.op.kind)) return undefined
  if (value.op.kind === 'part') return placeOfPart(context, value, source)
  if (value.op.kind === 'slice') return placeOfSlice(context, value, source)
  return placeOfReshape(context, value, source)
}

/** The place that a computed value writes to in another's memory: its base, its concat or its variable. */
const borrowedPlace = (context: Context, value: Value): Place | undefined => {
  const { usage, joints, lasting } = context
  const base = usage.fused.ontoOf(value)
  const joint = joints.get(value)
  if (base !== undefined) return placeOf(context, base)
  if (joint !== undefined) return channelsFrom(joint.first, placeOf(context, joint.concat))
  return isUpdate(value.op) && !usage.overwritten.has(value)
    ? wholePlace(value.shape, lasting.variable(value.op.name))
    : undefined
}

const assignPlace = (context: Context, value: Value): Place => {
  const borrowed = borrowedPlace(context, value)
  if (borrowed !== undefined) return borrowed
  const viewed = viewedPlace(context, value)
  if (viewed !== undefined) context.views.add(value)
  return viewed ?? wholePlace(value.shape)
}

const placeOf = (context: Context, value: Value): Place => {
  const own = context.usage.fused.standIn(value)
  return memoize(context.places, own, () => assignPlace(context, own))
}

/** Law  a place is shared only where one value is a view of another, or is computed in its memory */
export const placeValues = (graph: Graph, fused: Fused, lasting: PersistentMemory): Placement => {
  const context = contextOf(usageOf(graph, fused), lasting)
  for (const value of fused.run) placeOf(context, value)
  return {
    placeOf: value => placeOf(context, value),
    othersOf: value => placesOfOthers(context, value),
    variablesOf: ({ op, shape }) =>
      op.kind === 'weight' || isUpdate(op)
        ? [op.name, ...slotsOf(op)].map(name => wholePlace(shape, lasting.variable(name)))
        : [],
    isView: value => context.views.has(value),
  }
}
