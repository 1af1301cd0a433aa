/**
 * The trace: how much every channel contributes to the kept features, by a backward pass from their responses. It is
 * the backward pass of training under other rules; engines run it like any other call.
 */

import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Feeds } from '../../engine/engine.js'
import { elementAt } from '../../io/element.js'
import { outputShape } from '../../net/infer.js'
import type { Path } from '../../net/path.js'
import { channelsOf, type Shape, sizeOf } from '../../net/shape.js'
import type { Model } from '../../net/weights.js'
import { type Decision, decisionOf } from '../../surgery/analysis/decision.js'
import type { Criterion } from '../../surgery/prune/criteria.js'
import type { Utilities } from '../../surgery/prune/rank.js'
import { breakTies } from '../../surgery/prune/tie-break.js'
import { lowerForFeatures } from '../training/train.js'
import { calibrationBatches, foldBatches, withSession } from './calibration.js'
import {
  allFeatures,
  classVarianceOf,
  collectFeatures,
  decisionFeatures,
  type FeatureChoice,
  type FeatureTable,
} from './decision-features.js'
import { discriminantsOf } from './discriminants.js'
import { type Evidence, measureUtilities } from './evidence.js'
import { type Activations, addActivations, lda, noActivations } from './lda.js'
import { type TraceCall, type TraceKind, traceCall } from './trace-call.js'

/** The trace of one unit, summed over images: a map, or a number per channel. */
export interface TraceSums {
  readonly shape: Shape
  readonly images: number
  readonly sums: Float64Array
}

/** By unit. */
export type Traces = ReadonlyMap<Path, TraceSums>

const noTraces = ({ graph: { outputs }, units }: TraceCall, images: number): Traces =>
  new Map(
    units.map(path => {
      const shape = outputs[path]?.shape ?? []
      return [path, { shape, images, sums: new Float64Array(sizeOf(shape)) }]
    }),
  )

const addTrace = (total: TraceSums, more: ArrayLike<number>): TraceSums => ({
  ...total,
  sums: total.sums.map((value, i) => value + elementAt(more, i)),
})

const addTraces =
  (outputs: Readonly<Record<string, Float32Array>>) =>
  (sums: Traces): Traces =>
    new Map([...sums].map(([path, total]) => [path, addTrace(total, outputs[path] ?? [])]))

/** What one pass over the images sees: the traces of all units, and the responses they are traces of. */
interface TracePass {
  readonly traces: Traces
  readonly activations: Activations
}

/** 1 at the kept features. */
const featureMask = (size: number, kept: readonly number[]): Float32Array => {
  const mask = new Float32Array(size)
  for (const j of kept) mask[j] = 1
  return mask
}

/** What a trace is fed beside its batches: which features it starts from, and D where it uses it. */
const feedsOf =
  (kind: TraceKind, keep: FeatureChoice, decision: Decision) =>
  (model: Model, table: FeatureTable): Feeds => {
    const chosen = { keep: featureMask(decision.size, keep(model, table, decision)) }
    if (kind === 'deconvTrace') return chosen
    const spread = classVarianceOf(table, channelsOf(outputShape(model)), decision.size)
    return { ...chosen, discriminants: Float32Array.from(discriminantsOf(spread)) }
  }

/** Sees the features of all images first, then the traces. */
const tracePass =
  (kind: TraceKind, keep: FeatureChoice): Evidence<TracePass> =>
  calibration =>
  model =>
    pipe(
      TE.Do,
      TE.bind('decision', () => TE.fromEither(decisionOf(model))),
      TE.bindW('call', () => TE.fromEither(traceCall(kind, calibration.batch)(model))),
      TE.flatMap(({ decision, call }) => {
        const batches = calibrationBatches(calibration)
        const program = { infer: lowerForFeatures(calibration.batch, decision)(model), trace: call.graph }
        return withSession(calibration, program, model, async session => {
          const table = await collectFeatures(session, { ...calibration.feed, batches }, decision.size)
          const chosen = feedsOf(kind, keep, decision)(model, table)
          const start: TracePass = {
            traces: noTraces(call, calibration.batch * batches),
            activations: noActivations(model, call.graph, call.units),
          }
          return foldBatches(calibration, start, batch => ({ traces, activations }) => {
            const outputs = session.run('trace', { images: batch.images, targets: batch.targets, ...chosen })
            return {
              traces: addTraces(outputs)(traces),
              activations: addActivations(batch, outputs)(activations),
            }
          })
        })
      }),
    )

/**
 * The traces of all units from the features that `keep` selects, or from all.
 *
 * Errors  NoDecision where the net does not end in a layer that decides on a vector
 */
export const traces =
  (kind: TraceKind, keep: FeatureChoice = allFeatures): Evidence<Traces> =>
  calibration =>
  model =>
    pipe(
      tracePass(kind, keep)(calibration)(model),
      TE.map(pass => pass.traces),
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

/** Where a trace as the criterion of that name starts: the papers' from the features that hold the accuracy, else from all. */
const usualFeatures = (kind: TraceKind): FeatureChoice =>
  kind === 'deconvTrace' ? decisionFeatures : allFeatures

/** A trace as the criterion of that name measures it. */
export const usualTrace = (kind: TraceKind): Evidence<Traces> => traces(kind, usualFeatures(kind))

/**
 * Utilities by a trace: the papers' starts from the fewest features that hold the accuracy, the others from all. After a
 * strong push many channels have no trace: those are ranked by `lda`, on the responses of the same pass.
 */
export const measureTrace = (kind: TraceKind): Evidence<Utilities> =>
  measureUtilities(tracePass(kind, usualFeatures(kind)), (model, { traces, activations }) =>
    pipe(
      E.Do,
      E.bind('utilities', () => traceUtilities(kind)(model, traces)),
      E.bind('separation', () => lda(model, activations)),
      E.map(({ utilities, separation }) => breakTies(separation)(utilities)),
    ),
  )
