/**
 * The trace: how much every channel contributes to the kept features, by a backward pass from their responses. It is
 * the backward pass of training under other rules; engines run it like any other call.
 */

import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Feeds } from '../../engine/engine.js'
import { differentiate } from '../../graph/differentiate.js'
import { deconvolution, gradient } from '../../graph/gradient-rules.js'
import type { Graph, Value } from '../../graph/graph.js'
import { type Lowered, lower } from '../../graph/lower.js'
import * as op from '../../graph/operations.js'
import { elementAt } from '../../io/element.js'
import type { CheckedNet } from '../../net/infer.js'
import type { Path } from '../../net/path.js'
import { channelsOf, type Shape, sizeOf } from '../../net/shape.js'
import { type Decision, decisionOf } from '../../surgery/analysis/decision.js'
import type { PruneError } from '../../surgery/error.js'
import type { Criterion } from '../../surgery/prune/criteria.js'
import type { Utilities } from '../../surgery/prune/rank.js'
import { breakTies, hasTies } from '../../surgery/prune/tie-break.js'
import { featuresIn } from '../training/train.js'
import { calibrationBatches, foldBatches, withSession } from './calibration.js'
import { decisionFeatures } from './decision-features.js'
import { classVariance, discriminantsOf, noMoments } from './discriminants.js'
import { type Evidence, measureUtilities } from './evidence.js'
import { ldaUtilities, momentsAt } from './lda.js'

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
  /** The units traced, each an output of the call by its path. */
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
  return { outputs: Object.fromEntries(outputs), updates: [] }
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

/** The trace of one unit, summed over images: a map, or a number per channel. */
export interface TraceSums {
  readonly shape: Shape
  readonly images: number
  readonly sums: Float64Array
}

/** By unit. */
export type Traces = ReadonlyMap<Path, TraceSums>

const noTraces = ({ outputs }: Graph, images: number): Traces =>
  new Map(
    Object.entries(outputs).map(([path, { shape }]) => [
      path,
      { shape, images, sums: new Float64Array(sizeOf(shape)) },
    ]),
  )

const addTrace = (total: TraceSums, more: ArrayLike<number>): TraceSums => ({
  ...total,
  sums: total.sums.map((value, i) => value + elementAt(more, i)),
})

const allFeatures: Evidence<null> = () => () => TE.right(null)

/** 1 at the kept features. */
const featureMask = (size: number, kept: readonly number[] | null): Float32Array => {
  const all = new Float32Array(size).fill(kept === null ? 1 : 0)
  for (const j of kept ?? []) all[j] = 1
  return all
}

/** D, where the trace uses it. */
const discriminantsFor =
  (kind: TraceKind, { features, size }: Decision): Evidence<Feeds> =>
  calibration =>
  model =>
    kind === 'deconvTrace'
      ? TE.right({})
      : pipe(
          momentsAt(calibration, [features])(model),
          TE.map(moments => classVariance(moments.get(features) ?? noMoments(1, size))),
          TE.map(spread => ({ discriminants: Float32Array.from(discriminantsOf(spread)) })),
        )

/**
 * The traces of all units from the features that `keep` selects, or from all.
 *
 * Errors  NoDecision where the net does not end in a layer that decides on a vector
 */
export const traces =
  (kind: TraceKind, keep: Evidence<readonly number[] | null> = allFeatures): Evidence<Traces> =>
  calibration =>
  model =>
    pipe(
      TE.Do,
      TE.bind('decision', () => TE.fromEither(decisionOf(model))),
      TE.bindW('call', () => TE.fromEither(traceCall(kind, calibration.batch)(model))),
      TE.bindW('discriminants', ({ decision }) => discriminantsFor(kind, decision)(calibration)(model)),
      TE.bindW('kept', () => keep(calibration)(model)),
      TE.flatMap(({ call: { graph }, decision: { size }, discriminants, kept }) =>
        withSession(calibration, { trace: graph }, model, session => {
          const given = { keep: featureMask(size, kept), ...discriminants }
          const images = calibration.batch * calibrationBatches(calibration)
          return foldBatches(calibration, noTraces(graph, images), batch => before => {
            const outputs = session.run('trace', { images: batch.images, targets: batch.targets, ...given })
            return new Map([...before].map(([path, total]) => [path, addTrace(total, outputs[path] ?? [])]))
          })
        }),
      ),
    )

/** One number per channel: over space, the largest |mean|; `deconvTrace` keeps its sign. */
const utilityOf = (kind: TraceKind, { shape, images, sums }: TraceSums): Float64Array => {
  const channels = channelsOf(shape)
  const utility = new Float64Array(channels).fill(kind === 'gradientTrace' ? 0 : Number.NEGATIVE_INFINITY)
  sums.forEach((sum, i) => {
    const value = kind === 'deconvTrace' ? sum / images : Math.abs(sum) / images
    utility[i % channels] = Math.max(elementAt(utility, i % channels), value)
  })
  return utility
}

/** Utilities by traces. */
export const traceUtilities =
  (kind: TraceKind): Criterion<Traces> =>
  (_, seen) =>
    E.right(Object.fromEntries([...seen].map(([path, each]) => [path, utilityOf(kind, each)])))

/** A trace as the criterion of that name measures it: the papers' from the features that hold the accuracy, else from all. */
export const usualTrace = (kind: TraceKind): Evidence<Traces> =>
  traces(kind, kind === 'deconvTrace' ? decisionFeatures : allFeatures)

/**
 * Utilities by a trace: the papers' starts from the fewest features that hold the accuracy, the others from all. After a
 * strong push many channels have no trace: those are ranked by `lda`.
 */
export const measureTrace =
  (kind: TraceKind): Evidence<Utilities> =>
  calibration =>
  model =>
    pipe(
      measureUtilities(usualTrace(kind), traceUtilities(kind))(calibration)(model),
      TE.flatMap(utilities =>
        hasTies(utilities)
          ? pipe(
              ldaUtilities(calibration)(model),
              TE.map(fallback => breakTies(fallback)(utilities)),
            )
          : TE.right(utilities),
      ),
    )
