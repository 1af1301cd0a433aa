/**
 * Push: training that moves what tells classes apart onto few, uncorrelated neurons, and out of the others.
 *
 * Source  Tian, Arbel, Clark 2020 (arXiv 2009.13716) for the aim: class separation, a covariance penalty, alignment
 *         with a compact set of neurons; the terms' forms and the losers are this project's own
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Feeds } from '../../engine/engine.js'
import type { Graph, Value } from '../../graph/graph.js'
import * as op from '../../graph/operations.js'
import { axisSeparation, compactness, correlation, ridgeSeparation, scatter } from '../../graph/separation.js'
import { infer } from '../../net/infer.js'
import type { Path } from '../../net/path.js'
import type { Net } from '../../net/tree.js'
import { decisionOf } from '../../surgery/analysis/decision.js'
import { bareUnits } from '../../surgery/analysis/norms.js'
import type { LearnError } from '../error.js'
import { inspectAlignment } from '../evaluation/inspect.js'
import type { AlignTerms, PushOptions } from '../options.js'
import { fade, fadeFeeds, penaliseScales, trackUtility } from './fade.js'
import type { Calls, Phase } from './phase.js'
import {
  featuresIn,
  inferringFeatures,
  lowerForTraining,
  pooled,
  rateFeeds,
  slopesAndGates,
  type Teacher,
  type TrainingGraph,
  trainObjective,
  weightUpdates,
} from './train.js'

/** The pooled outputs of every unit: those with batch norm, and those that a gate stands for. */
const unitsOf = ({ at, weights }: TrainingGraph, gated: readonly Path[]): readonly Value[] =>
  [...at].flatMap(([path, value]) =>
    weights.has(`${path}/scale`) || gated.includes(path) ? [pooled(value)] : [],
  )

/** What the terms add to the objective, each by its weight; those of weight 0 are not built. */
const termsOf = (
  terms: AlignTerms,
  seen: TrainingGraph,
  gated: readonly Path[],
  features: Value,
): readonly Value[] => {
  const classes = scatter(features, seen.targets)
  const units = unitsOf(seen, gated)
  const perUnit = () =>
    op.mul(
      units.map(unit => compactness(scatter(unit, seen.targets))).reduce((a, b) => op.add(a, b)),
      1 / units.length,
    )
  const weighed: readonly (readonly [number, () => Value])[] = [
    [-terms.axis, () => axisSeparation(classes)],
    [-terms.ridge, () => ridgeSeparation(classes)],
    [terms.correlation, () => correlation(classes)],
    [terms.compactness, () => compactness(classes)],
    [units.length > 0 ? terms.units : 0, perUnit],
  ]
  return weighed.flatMap(([weight, build]) => (weight === 0 ? [] : [op.mul(build(), weight)]))
}

/** r: rises from 0 to 1. */
const rampInput = op.input('ramp', [])

const pushing = (
  options: PushOptions,
  seen: TrainingGraph,
  gated: readonly Path[],
  features: Value,
  loss: Value,
): Graph => {
  const terms = termsOf(options.align, seen, gated, features)
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
  const { fade: losers } = options
  const gradients = slopesAndGates(seen, objective, losers === null ? [] : gated)
  const updates =
    losers === null
      ? weightUpdates(options)(seen, gradients.weights)
      : [
          ...fade(gradients)(weightUpdates(options)(seen, penaliseScales(losers)(gradients))),
          ...trackUtility(losers)(gradients),
        ]
  return { outputs: { loss: objective, logits: seen.logits }, updates }
}

/**
 * The two calls of a push: `train` on the whole objective, `infer` with the pre-decision features beside the logits.
 *
 * Errors  NoDecision where nothing tells on what vector the net decides
 */
export const pushCalls =
  (options: PushOptions, evaluated: number, teacher: Teacher | null) =>
  (net: Net): E.Either<LearnError, Calls> =>
    pipe(
      E.Do,
      E.bindW('inferred', () => infer(net)),
      E.bindW('decision', ({ inferred }) => decisionOf(inferred)),
      E.bindW('seen', () => lowerForTraining(options.batchSize)(net)),
      E.bindW('forward', ({ decision }) => inferringFeatures(evaluated, decision)(net)),
      E.bindW('loss', ({ seen }) => trainObjective(options.labelSmoothing, teacher)(seen)),
      E.map(({ inferred, seen, forward, decision, loss }) => ({
        train: pushing(options, seen, bareUnits(inferred), featuresIn(seen, decision), loss),
        infer: forward,
      })),
    )

/** Tells the alignment of the features after each epoch. */
export const pushInspect = (net: Net): E.Either<LearnError, NonNullable<Phase['inspect']>> =>
  pipe(
    infer(net),
    E.bindTo('inferred'),
    E.bindW('decision', ({ inferred }) => decisionOf(inferred)),
    E.map(({ inferred, decision }) => inspectAlignment(inferred, decision)),
  )

/** What a push is fed at each step beside its batch. */
export const pushFeeds =
  (options: PushOptions) =>
  (step: number, steps: number): Feeds => ({
    ...rateFeeds(options)(step, steps),
    ...(Object.values(options.align).some(weight => weight !== 0) && {
      ramp: Float32Array.of(Math.min(1, (step + 1) / Math.max(1, options.ramp * steps))),
    }),
    ...(options.fade !== null && fadeFeeds(options.fade)(step, steps)),
  })
