/** What one of several workers computes of a graph, so that together they compute it: a pure transform. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Share } from '../../io/share.js'
import { type Graph, isUpdate, type Kind, type Value, valuesOf } from '../graph.js'
import * as op from '../operations.js'
import { combineSums } from './combine-sums.js'
import {
  inPlace,
  isReplicated,
  isSharded,
  type Placed,
  type Placement,
  replicated,
  type Sharding,
  sharded,
} from './placement.js'
import { type Rule, rules } from './rules.js'

/** An operation that mixes the rows of a batch in a way that workers cannot share. */
export interface NotShardable {
  readonly _tag: 'NotShardable'
  readonly kind: Kind
}

/** How a graph is shared. */
export interface ShardOptions extends Share, Pick<Sharding, 'batch' | 'syncBatchNorm'> {
  /** How an input is spread, by its name. */
  readonly placementOf: (input: string) => Placement
  /** The key of the first sum over workers; the others follow it. */
  readonly key: number
}

/** Each value is summed once; the sums are numbered as they are made. */
const reducer = (workers: number): Sharding['reduce'] => {
  const sums = new Map<Value, Value>()
  return value => {
    const sum = sums.get(value) ?? op.allReduce(value, { workers, key: sums.size })
    sums.set(value, sum)
    return sum
  }
}

const placeInput = ({ batch, workers, placementOf }: ShardOptions, name: string, value: Value): Placed => {
  const placement = placementOf(name)
  const { shape } = value
  return placement === 'sharded'
    ? sharded(op.input(name, [batch / workers, ...shape.slice(1)]))
    : { placement, value }
}

const place = (
  options: ShardOptions,
  sharding: Sharding,
  value: Value,
  inputs: readonly Placed[],
): Placed | null => {
  if (value.op.kind === 'input') return placeInput(options, value.op.name, value)
  if (value.inputs.length === 0) return replicated(value)
  const rule = rules[value.op.kind] as Rule // the kind picks the rule
  return rule(sharding, value, inputs)
}

/** An output that is whole on every worker. What each computes by itself is a sum to which the first alone adds. */
const toOutput = (sharding: Sharding, { placement, value }: Placed, whole: Value): Value =>
  placement === 'sharded'
    ? op.reshape(sharding.reduce(inPlace(sharding, value)), whole.shape)
    : sharding.reduce(value)

const placeAll = (
  options: ShardOptions,
  sharding: Sharding,
  graph: Graph,
): E.Either<NotShardable, ReadonlyMap<Value, Placed>> => {
  const placed = new Map<Value, Placed>()
  for (const value of valuesOf(graph)) {
    const inputs = value.inputs.map(input => placed.get(input) as Placed) // inputs come first
    const found = place(options, sharding, value, inputs)
    if (found === null || (isUpdate(value.op) && isSharded(found)))
      return E.left({ _tag: 'NotShardable', kind: value.op.kind })
    placed.set(value, found)
  }
  return E.right(placed)
}

/** The outputs, each of one worker's rows. */
const rowsOfAll = (graph: Graph, placed: ReadonlyMap<Value, Placed>): E.Either<NotShardable, Graph> => {
  const outputs: Record<string, Value> = {}
  for (const [name, output] of Object.entries(graph.outputs)) {
    const { placement, value } = placed.get(output) as Placed // every value is placed
    if (placement !== 'sharded') return E.left({ _tag: 'NotShardable', kind: output.op.kind })
    outputs[name] = value
  }
  return E.right({ outputs, updates: [] })
}

/**
 * The graph of one worker, which is fed its rows of each sharded input. Its outputs are whole, and the same on every worker bit
 * for bit; so is every update of variables that are the same.
 *
 * Shapes  a sharded input [batch, …] → [batch/workers, …]
 * Law     with `syncBatchNorm`, or without batch norm, outputs and updates are those of one worker with the whole batch,
 *         within rounding
 * Errors  NotShardable
 */
export const shard =
  (options: ShardOptions) =>
  (graph: Graph): E.Either<NotShardable, Graph> => {
    const sharding: Sharding = { ...options, reduce: reducer(options.workers) }
    return pipe(
      placeAll(options, sharding, graph),
      E.map(placed => {
        const at = (value: Value): Placed => placed.get(value) as Placed // every value is placed
        const whole = new Set([...placed.values()].filter(isReplicated).map(({ value }) => value))
        const outputs = Object.entries(graph.outputs).map(
          ([name, value]) => [name, toOutput(sharding, at(value), value)] as const,
        )
        const adds = ({ inputs: [x] }: Value) => options.rank === 0 || x === undefined || !whole.has(x)
        return combineSums({ key: options.key, adds })({
          outputs: Object.fromEntries(outputs),
          updates: graph.updates.map(update => at(update).value),
        })
      }),
    )
  }

/**
 * The graph of one of as many equal parts of a batch, whose inputs and outputs are all rows of images.
 *
 * Shapes  inputs and outputs [batch, …] → [batch/parts, …]
 * Law     its outputs for the parts, one after another, are those of the graph
 * Errors  NotShardable where rows depend on each other, or an output is not of rows
 */
export const split =
  ({ batch, parts }: { readonly batch: number; readonly parts: number }) =>
  (graph: Graph): E.Either<NotShardable, Graph> => {
    const share = { rank: 0, workers: parts, batch, syncBatchNorm: true }
    return pipe(
      placeAll(
        { ...share, placementOf: () => 'sharded', key: 0 },
        { ...share, reduce: reducer(parts) },
        graph,
      ),
      E.flatMap(placed => rowsOfAll(graph, placed)),
      E.filterOrElse(
        rows => countSums(rows) === 0,
        (): NotShardable => ({ _tag: 'NotShardable', kind: 'allReduce' }),
      ),
    )
  }

/** How many sums over workers a graph takes. */
export const countSums = (graph: Graph): number =>
  valuesOf(graph).filter(({ op: { kind } }) => kind === 'allReduce').length
