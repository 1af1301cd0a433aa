/** Lowers a net to primitive operations, as an algebra of the interpreter. */
import type { CheckedNet } from '../net/infer.js'
import { interpret } from '../net/interpret.js'
import type { Path } from '../net/path.js'
import { channelsOf } from '../net/shape.js'
import { allWeightSpecs } from '../net/weight-specs.js'
import type { Value } from './graph.js'
import { activate } from './lower-activation.js'
import { lowerLeaf } from './lower-leaf.js'
import type { Lowering, LowerOptions, Statistic } from './lowering.js'
import * as op from './operations.js'

/** A net as primitive operations. */
export interface Lowered {
  readonly images: Value
  readonly logits: Value
  /** What each layer computes, by path, also where another value goes on in its place. */
  readonly at: ReadonlyMap<Path, Value>
  /** Each layer's input by path. */
  readonly into: ReadonlyMap<Path, Value>
  /** By key, the running statistics among them. */
  readonly weights: ReadonlyMap<string, Value>
  readonly statistics: readonly Statistic[]
  /**
   * Inputs to feed with numbers uniform in [0, 1): one for each value that a dropout layer may drop, or each image that
   * a dropPath layer may.
   */
  readonly noise: readonly Value[]
}

/** A number for each channel gets the axes of the map it multiplies. */
const lowerGate = (body: Value, x: Value): Value =>
  op.mul(
    x,
    body.shape.length === x.shape.length
      ? body
      : op.reshape(body, [body.shape[0] ?? 1, 1, 1, channelsOf(body.shape)]),
  )

/**
 * Lowers a net for batches of one size.
 *
 * Shapes  images [batch, height, width, channels] → logits [batch, classes]
 * Law     the shape of every value is the inferred one, with the batch before it
 *
 * @example
 * lower({ batch: 64, mode: 'training' })(model)
 */
export const lower =
  (options: LowerOptions) =>
  (checked: CheckedNet): Lowered => {
    const { net } = checked
    const { batch, prefix = '', images = op.input('images', [batch, ...net.input]) } = options
    const weights = new Map(
      allWeightSpecs(checked).map(({ key, shape }) => [key, op.weight(`${prefix}${key}`, shape)]),
    )
    const lowering: Lowering = { options, weights, statistics: [], noise: [] }
    const at = new Map<Path, Value>()
    const into = new Map<Path, Value>()
    const logits = interpret<Value>({
      leaf: lowerLeaf(lowering),
      concat: op.concat,
      residual: (body, shortcut, { activation }) => activate(activation, op.add(body, shortcut)),
      gate: (body, _layer, _path, input) => lowerGate(body, input),
      place: (output, _, path, input) => {
        into.set(path, input)
        at.set(path, output)
        return options.passOn?.(output, path, input) ?? output
      },
    })(net.body, '', images)
    return { images, logits, at, into, weights, statistics: lowering.statistics, noise: lowering.noise }
  }
