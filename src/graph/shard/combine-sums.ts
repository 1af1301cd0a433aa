/**
 * Combines the sums over workers of a graph into as few as can be, each of one flat array: every exchange takes a
 * round through all workers, however short it is. A sum is put off until the last that can hold it, so that all
 * gradients of a step are in one. Which sums are together, and in which order, is the same on every worker.
 */
import { sizeOf } from '../../net/shape.js'
import { type Graph, type Value, valuesOf, withInputs } from '../graph.js'
import * as op from '../operations.js'

const isSum = ({ op: { kind } }: Value): boolean => kind === 'allReduce'

/** The most sums one after another that come after each value. */
const sumsAfter = (values: readonly Value[]): ReadonlyMap<Value, number> => {
  const after = new Map<Value, number>()
  for (const value of values.toReversed()) {
    const own = (after.get(value) ?? 0) + (isSum(value) ? 1 : 0)
    for (const input of value.inputs) after.set(input, Math.max(after.get(input) ?? 0, own))
  }
  return after
}

/** In which round each sum is taken, from 0; `rounds` of them. */
interface Rounds {
  readonly rounds: number
  readonly roundOf: (sum: Value) => number
}

const roundsOf = (values: readonly Value[]): Rounds => {
  const after = sumsAfter(values)
  const sums = values.filter(isSum)
  const rounds = sums.reduce((most, sum) => Math.max(most, (after.get(sum) ?? 0) + 1), 0)
  return { rounds, roundOf: sum => rounds - 1 - (after.get(sum) ?? 0) }
}

/** By round, the values whose inputs are there once the sums of the rounds before are; the sums of a round in its own. */
const byRound = (values: readonly Value[], { rounds, roundOf }: Rounds): readonly (readonly Value[])[] => {
  const earliest = new Map<Value, number>()
  const groups: Value[][] = Array.from({ length: rounds + 1 }, () => [])
  for (const value of values) {
    const ready = value.inputs.reduce(
      (most, input) => Math.max(most, isSum(input) ? roundOf(input) + 1 : (earliest.get(input) ?? 0)),
      0,
    )
    const round = isSum(value) ? roundOf(value) : ready
    earliest.set(value, round)
    groups[round]?.push(value)
  }
  return groups
}

type Rebuilt = Map<Value, Value>

const rebuild = (rebuilt: Rebuilt, value: Value): void => {
  const inputs = value.inputs.map(input => rebuilt.get(input) ?? input)
  const isSame = inputs.every((input, nth) => input === value.inputs[nth])
  rebuilt.set(value, isSame ? value : withInputs(value, inputs, value.shape))
}

/** How sums are combined on one worker. */
export interface CombineOptions {
  /** The key of the first sum of the result; the others follow it. */
  readonly key: number
  /** Whether this worker adds to a sum, or leaves it to others. */
  readonly adds: (sum: Value) => boolean
}

/** What a worker adds to a sum, flat. One that adds nothing computes it too, as it may wait for other sums. */
const flatten = ({ adds }: CombineOptions, rebuilt: Rebuilt, sum: Value): Value => {
  const flat = op.reshape(rebuilt.get(sum.inputs[0] as Value) as Value, [sizeOf(sum.shape)]) // a sum has one input, rebuilt before
  return adds(sum) ? flat : op.mul(flat, 0)
}

/** Given numbers as they were made, which is alike on every worker. */
const inOrder = (sums: readonly Value[]): readonly Value[] => {
  const numberOf = ({ op: own }: Value) => (own.kind === 'allReduce' ? own.key : 0)
  return sums.toSorted((a, b) => numberOf(a) - numberOf(b))
}

/** One sum of all, side by side, and each cut from it again. */
const sumTogether = (
  options: CombineOptions,
  rebuilt: Rebuilt,
  sums: readonly Value[],
  round: number,
): void => {
  const [first] = sums
  if (first?.op.kind !== 'allReduce') return
  const parts = sums.map(sum => flatten(options, rebuilt, sum))
  const all = op.allReduce(op.concat(parts), { ...first.op, key: options.key + round })
  let from = 0
  for (const sum of sums) {
    const size = sizeOf(sum.shape)
    rebuilt.set(sum, op.reshape(op.slice(all, from, size), sum.shape))
    from += size
  }
}

/** Law  what the workers compute stays, but for the order of sums; none of the result's sums waits for a later one */
export const combineSums =
  (options: CombineOptions) =>
  (graph: Graph): Graph => {
    const values = valuesOf(graph)
    const rebuilt: Rebuilt = new Map()
    byRound(values, roundsOf(values)).forEach((group, round) => {
      for (const value of group) if (!isSum(value)) rebuild(rebuilt, value)
      sumTogether(options, rebuilt, inOrder(group.filter(isSum)), round)
    })
    const at = (value: Value): Value => rebuilt.get(value) ?? value
    return {
      outputs: Object.fromEntries(Object.entries(graph.outputs).map(([name, value]) => [name, at(value)])),
      updates: graph.updates.map(at),
    }
  }
