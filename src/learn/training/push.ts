/**
 * Push: training that moves class separation onto few, uncorrelated features, and off the channels to be pruned.
 *
 * Source  Tian, Arbel, Clark 2020 (arXiv 2009.13716) for the aim: class separation, a covariance penalty, alignment
 *         with a compact set of neurons; the terms' forms and the fading are this project's own
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Feeds } from '../../engine/engine.js'
import type { Graph, Value } from '../../graph/graph.js'
import * as op from '../../graph/operations.js'
import { axisSeparation, compactness, correlation, ridgeSeparation, scatter } from '../../graph/separation.js'
import type { CheckedNet } from '../../net/infer.js'
import type { Path } from '../../net/path.js'
import { weightKey } from '../../net/weight-specs.js'
import { decisionOf } from '../../surgery/analysis/decision.js'
import { bareUnits } from '../../surgery/analysis/norms.js'
import type { LearnError } from '../error.js'
import { inspectAlignment } from '../evaluation/inspect.js'
import type { AlignTerms, PushOptions } from '../options.js'
import { averageUpdates } from './average.js'
import { fade, fadeFeeds, penaliseScales, trackUtility } from './fade.js'
import type { Calls, Phase } from './phase.js'
import {
  featuresIn,
  globalMean,
  gradientsAndGates,
  lowerForFeatures,
  lowerForTraining,
  rateFeeds,
  type Teacher,
  type TrainingGraph,
  trainObjective,
  weightUpdates,
} from './train.js'

/** The pooled outputs of every unit, with batch norm or with a gate. */
const unitsOf = ({ at, weights }: TrainingGraph, gated: readonly Path[]): readonly Value[] =>
  [...at].flatMap(([path, value]) =>
    weights.has(weightKey(path, 'scale')) || gated.includes(path) ? [globalMean(value)] : [],
  )

/** The alignment terms of the objective, each times its weight; terms of weight 0 are not built. */
const termsOf = (
  terms: AlignTerms,
  graph: TrainingGraph,
  gated: readonly Path[],
  features: Value,
): readonly Value[] => {
  const classes = scatter(features, graph.targets)
  const units = unitsOf(graph, gated)
  const perUnit = () =>
    op.mul(
      units.map(unit => compactness(scatter(unit, graph.targets))).reduce((a, b) => op.add(a, b)),
      1 / units.length,
    )
  const weighted: readonly (readonly [number, () => Value])[] = [
    [-terms.axis, () => axisSeparation(classes)],
    [-terms.ridge, () => ridgeSeparation(classes)],
    [terms.correlation, () => correlation(classes)],
    [terms.compactness, () => compactness(classes)],
    [units.length > 0 ? terms.units : 0, perUnit],
  ]
  return weighted.flatMap(([weight, build]) => (weight === 0 ? [] : [op.mul(build(), weight)]))
}

/** r: rises from 0 to 1. */
const rampInput = op.input('ramp', [])

const pushGraph = (
  options: PushOptions,
  graph: TrainingGraph,
  gated: readonly Path[],
  features: Value,
  loss: Value,
): Graph => {
  const terms = termsOf(options.align, graph, gated, features)
  const objective =
    terms.length === 0
      ? loss
      : op.add(
          loss,
          op.mul(
            rampInput,
            terms.reduce((a, b) => op.add(a, b)),
          ),
        )
  const { fade: fadeOptions } = options
  const gradients = gradientsAndGates(graph, objective, fadeOptions === null ? [] : gated)
  const updates =
    fadeOptions === null
      ? weightUpdates(options)(graph, gradients.weights)
      : [
          ...fade(gradients)(weightUpdates(options)(graph, penaliseScales(fadeOptions)(gradients))),
          ...trackUtility(fadeOptions)(gradients),
        ]
  return {
    outputs: { loss: objective, logits: graph.logits },
    updates: averageUpdates(options.average)(updates),
  }
}

/**
 * The two calls of a push: `train` on the whole objective, `infer` with the pre-decision features beside the logits.
 *
 * Errors  NoDecision where the net does not end in a layer that decides on a vector
 */
export const pushCalls =
  (options: PushOptions, evaluated: number, teacher: Teacher | null) =>
  (net: CheckedNet): E.Either<LearnError, Calls> =>
    pipe(
      E.Do,
      E.bindW('decision', () => decisionOf(net)),
      E.bindW('graph', () => lowerForTraining(options)(net)),
      E.map(({ graph, decision }) => {
        const loss = trainObjective(options.labelSmoothing, teacher)(graph)
        return {
          train: pushGraph(options, graph, bareUnits(net), featuresIn(graph, decision), loss),
          infer: lowerForFeatures(evaluated, decision)(net),
        }
      }),
    )

/** Measures the alignment of the features after each epoch. */
export const pushInspect = (net: CheckedNet): E.Either<LearnError, NonNullable<Phase['inspect']>> =>
  pipe(
    decisionOf(net),
    E.map(decision => inspectAlignment(net, decision)),
  )

/** The inputs of a push at each step, beside its batch. */
export const pushFeeds =
  (options: PushOptions) =>
  (step: number, steps: number): Feeds => ({
    ...rateFeeds(options)(step, steps),
    ...(Object.values(options.align).some(weight => weight !== 0) && {
      ramp: Float32Array.of(Math.min(1, (step + 1) / Math.max(1, options.ramp * steps))),
    }),
    ...(options.fade !== null && fadeFeeds(options.fade)(step, steps)),
  })
