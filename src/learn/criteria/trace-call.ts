/** The call that traces a batch: the backward pass of training under other rules, run by engines like any other. */

import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { differentiate } from '../../graph/differentiate.js'
import { deconvolution, gradient } from '../../graph/gradient-rules.js'
import type { Graph, Value } from '../../graph/graph.js'
import { type Lowered, lower } from '../../graph/lower.js'
import * as op from '../../graph/operations.js'
import type { CheckedNet } from '../../net/infer.js'
import type { Path } from '../../net/path.js'
import { channelsOf } from '../../net/shape.js'
import { type Decision, decisionOf } from '../../surgery/analysis/decision.js'
import type { PruneError } from '../../surgery/error.js'
import { featuresIn } from '../training/train.js'
import { pooledOutputs } from './lda.js'

/**
 * What is propagated back, and how it becomes a utility.
 *
 * - `deconvTrace`        the kept features' responses by deconvolution; the mean reconstruction's largest value in space
 * - `discriminantTrace`  responses weighted by how well they separate their class; the mean of |reconstruction × response|
 * - `gradientTrace`      the same start by true gradients; Σ over images of |mean in space of gradient × response|
 */
export type TraceKind = 'deconvTrace' | 'discriminantTrace' | 'gradientTrace'

/** A call that traces a batch: fed images, targets, `keep` [d] and `discriminants` [classes, d]. */
export interface TraceCall {
  readonly graph: Graph
  /** The units traced, each an output of the call by its path; their responses, pooled, are others. */
  readonly units: readonly Path[]
}

/** Every layer with weights, but for the last. */
const unitsOf = ({ layers }: CheckedNet, { head }: Decision): readonly Path[] =>
  [...layers.values()].flatMap(({ path, layer }) =>
    path !== head && (layer._tag === 'conv' || layer._tag === 'dense' || layer._tag === 'depthwise')
      ? [path]
      : [],
  )

/** The signal at the features. Shapes  [batch, d] */
const seedOf = (kind: TraceKind, features: Value, targets: Value): Value => {
  const size = channelsOf(features.shape)
  const kept = op.mul(features, op.input('keep', [size]))
  if (kind === 'deconvTrace') return kept
  return op.mul(kept, op.matmul(targets, op.input('discriminants', [channelsOf(targets.shape), size])))
}

const spatialAxes = (value: Value): readonly number[] => value.shape.slice(1, -1).map((_, axis) => axis + 1)

/** The trace of one unit for one batch, summed over images: a map, or a number per channel. */
const traceOf = (kind: TraceKind, signal: Value, response: Value): Value => {
  if (kind === 'deconvTrace') return op.sum(signal, [0])
  const product = op.mul(signal, response)
  if (kind === 'discriminantTrace') return op.sum(product, [0])
  return op.sum(
    op.abs(spatialAxes(product).length === 0 ? product : op.mean(product, spatialAxes(product))),
    [0],
  )
}

const traceGraph = (kind: TraceKind, lowered: Lowered, features: Value, units: readonly Path[]): Graph => {
  const targets = op.input('targets', lowered.logits.shape)
  const responses = units.flatMap(path => lowered.at.get(path) ?? [])
  const rules = kind === 'gradientTrace' ? gradient : deconvolution
  const signals = differentiate(rules)(features, responses, seedOf(kind, features, targets))
  const outputs = units.flatMap((path, nth) => {
    const [signal, response] = [signals[nth], responses[nth]]
    return signal === undefined || response === undefined
      ? []
      : [[path, traceOf(kind, signal, response)] as const]
  })
  return { outputs: { ...Object.fromEntries(outputs), ...pooledOutputs(lowered, units) }, updates: [] }
}

/** Errors  NoDecision */
export const traceCall =
  (kind: TraceKind, batch: number) =>
  (net: CheckedNet): E.Either<PruneError, TraceCall> =>
    pipe(
      decisionOf(net),
      E.map(decision => {
        const units = unitsOf(net, decision)
        const lowered = lower({ batch, mode: 'inference' })(net)
        return { graph: traceGraph(kind, lowered, featuresIn(lowered, decision), units), units }
      }),
    )
