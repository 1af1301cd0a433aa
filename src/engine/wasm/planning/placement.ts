/** Assigns each value its memory: a buffer of its own, a variable's, or a part of another value's. */
import { type Graph, isUpdate, slotsOf, type Value } from '../../../graph/graph.js'
import { isSameShape, sizeOf } from '../../../net/shape.js'
import { othersOf } from '../emitters/rows.js'
import { type Buffer, channelsFrom, isFlat, type Place, wholePlace } from './buffers.js'
import { type Joints, joinBranches } from './concat.js'
import type { Fused } from './fuse.js'
import { isReadLate, mayBeStrided, type Usage, usageOf, viewKinds } from './usage.js'

/** Memory that outlives a call. */
export interface PersistentMemory {
  readonly variable: (name: string) => Buffer
  readonly constant: (value: number) => Buffer
  /** A new buffer for what is computed of fixed variables alone. */
  readonly prepared: (floats: number) => Buffer
}

export interface Placement {
  readonly placeOf: (value: Value) => Place
  /** Places of the results after the first. */
  readonly othersOf: (value: Value) => readonly Place[]
  /** The variable that an update writes, then its slots; or the variable that a weight reads. */
  readonly variablesOf: (value: Value) => readonly Place[]
  /** Whether a value is a view of memory written elsewhere, so that there is nothing to compute. */
  readonly isView: (value: Value) => boolean
  /** Whether a value is the same in every call. */
  readonly isFixed: (value: Value) => boolean
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
  if (viewed !== undefined) {
    context.views.add(value)
    return viewed
  }
  const { usage, lasting } = context
  return usage.fixed.has(value)
    ? wholePlace(value.shape, lasting.prepared(sizeOf(value.shape)))
    : wholePlace(value.shape)
}

const placeOf = (context: Context, value: Value): Place => {
  const own = context.usage.fused.standIn(value)
  return memoize(context.places, own, () => assignPlace(context, own))
}

/** Law  a place is shared only where one value is a view of another, or is computed in its memory */
export const placeValues = (graph: Graph, fused: Fused, lasting: PersistentMemory): Placement => {
  const usage = usageOf(graph, fused, name => lasting.variable(name).fixed)
  const context = contextOf(usage, lasting)
  for (const value of fused.run) placeOf(context, value)
  return {
    placeOf: value => placeOf(context, value),
    othersOf: value => placesOfOthers(context, value),
    variablesOf: ({ op, shape }) =>
      op.kind === 'weight' || isUpdate(op)
        ? [op.name, ...slotsOf(op)].map(name => wholePlace(shape, lasting.variable(name)))
        : [],
    isView: value => context.views.has(value),
    isFixed: value => usage.fixed.has(value),
  }
}
