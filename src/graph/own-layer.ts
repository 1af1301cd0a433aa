/** The word for layers of a user's own: a name, and a function from options to what the layer is, of operations. */

import type { Shape } from '../net/shape.js'
import type { OwnComputation, OwnLayer } from '../net/tree.js'
import { optionsOf, withArity } from '../net/words/options.js'
import type { KnownLayer } from '../net/words/own-layer.js'
import type { AnyWord } from '../net/words/types.js'
import type { Value } from './graph.js'
import * as op from './operations.js'

/** The weights of a layer of one's own: those it has, as values. */
export type OwnWeights = { readonly [N in 'bias' | 'scale' | 'shift' | 'kernel']: Value }

/** What a layer of one's own is. */
export interface LayerDefinition {
  /** `'same'`: each output channel is made of the input channel at its place alone; `'mixed'`: of others too. */
  readonly channels: OwnLayer['channels']
  /** The initial value of each weight that has a number for each channel of the input. */
  readonly weights?: OwnLayer['weights']
  /** The shape of its kernel, drawn from a normal distribution at first. */
  readonly kernel?: Shape
  /** Shapes  x [batch, height, width, channels] or [batch, units] → a map or a vector of as many images */
  readonly lower: (x: Value, weights: OwnWeights) => Value
}

type Options = OwnLayer['options']

/** A layer of one's own as a word, and the function that its records hold. */
export type OwnWord<O extends object> = ((options?: O & { readonly name?: string }) => AnyWord) &
  Required<KnownLayer>

/** Images of a trial: whatever their number, the output has as many. */
const trialBatch = 2

/** The shape of the output, for which it is built once. Errors  throws what the function throws */
const tryLower = ({ lower, kernel, weights = {} }: LayerDefinition, input: Shape): Shape => {
  const vectors = Object.keys(weights).map(slot => [slot, op.weight(slot, input.slice(-1))] as const)
  const given = {
    ...Object.fromEntries(vectors),
    ...(kernel !== undefined && { kernel: op.weight('kernel', kernel) }),
  }
  const { shape } = lower(op.input('x', [trialBatch, ...input]), given as OwnWeights) // those it has
  if (shape[0] === trialBatch) return shape.slice(1)
  throw new Error(`expected an output for each of ${trialBatch} images, got the shape [${shape.join(', ')}]`)
}

/**
 * A layer of your own, made of the operations that exist: its shapes, gradients, counts, engines, ONNX and SavedModel
 * follow from them, and how it is pruned from `channels`. A file holds only its name, so that one name must always mean
 * one function; what reads the file is given the word.
 *
 * Shapes  any → that of what its function builds
 * Errors  `infer`: FunctionFailed, WrongReturn where what it builds is no map or vector; an export to Keras,
 *         TensorFlow.js layers or PyTorch: OwnNotHeld
 *
 * @example
 * const swishOf = layer('swishOf', ({ beta = 1 }: { beta?: number }) => ({
 *   channels: 'same',
 *   lower: x => op.mul(x, op.sigmoid(op.mul(x, beta))),
 * }))
 * net('own', image(8, 8, 1), conv(4), swishOf({ beta: 2 }), globalAvgPool, dense(2))
 */
export const layer = <O extends object>(
  name: string,
  define: (options: O) => LayerDefinition,
): OwnWord<O> => {
  const call = (input: Shape, options: Options): OwnComputation => {
    const definition = define(options as O) // as the word was given them
    return { output: tryLower(definition, input), lower: definition.lower }
  }
  const word = withArity(1, (given?: O & { readonly name?: string }): AnyWord => {
    const { name: at = '', ...options }: Options & { readonly name?: string } = optionsOf(given ?? {})
    const { channels, weights = {}, kernel = null } = define(options as O)
    return Object.freeze({
      _tag: 'own' as const,
      name: at,
      layer: name,
      options,
      channels,
      weights,
      kernel,
      call,
    })
  })
  return Object.assign(word, { layer: name, call })
}
