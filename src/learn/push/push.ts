/**
 * Push: training that moves class separation onto few, uncorrelated features, and off the channels to be pruned.
 *
 * Source  Tian, Arbel, Clark 2020 (arXiv 2009.13716) for the aim: class separation, a covariance penalty, alignment
 *         with a compact set of neurons; the terms' forms and the fading are this project's own
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Feeds } from '../../engine/engine.js'
import type { Value } from '../../graph/graph.js'
import * as op from '../../graph/operations.js'
import { axisSeparation, compactness, correlation, ridgeSeparation, scatter } from '../../graph/separation.js'
import type { CheckedNet } from '../../net/infer.js'
import type { Path } from '../../net/path.js'
import { weightKey } from '../../net/weight-specs.js'
import { decisionOf } from '../../surgery/analysis/decision.js'
import { bareUnits } from '../../surgery/analysis/norms.js'
import { fits, wrongOption } from '../check-options.js'
import type { LearnError } from '../error.js'
import { inspectAlignment } from '../evaluation/inspect.js'
import { fade, fadeFeeds, penaliseScales, trackUtility } from '../fade/fade.js'
import type { AlignTerms, PushOptions } from '../options.js'
import { type StepRule, stepCalls } from '../training/calls.js'
import type { Calls, Phase } from '../training/phase.js'
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
} from '../training/train.js'
import { buildTerm } from './push-term.js'

/** The pooled outputs of every unit, with batch norm or with a gate. */
const unitsOf = ({ at, weights }: TrainingGraph, gated: readonly Path[]): readonly Value[] =>
  [...at].flatMap(([path, value]) =>
    weights.has(weightKey(path, 'scale')) || gated.includes(path) ? [globalMean(value)] : [],
  )

/** A term and its weight; terms of weight 0 are not built. */
interface Term {
  readonly weight: number
  readonly build: () => E.Either<LearnError, Value>
}

const builtIn = (weight: number, build: () => Value): Term => ({ weight, build: () => E.right(build()) })

/** What the terms are computed from. */
interface PushGraph {
  readonly graph: TrainingGraph
  readonly gated: readonly Path[]
  readonly features: Value
}

const termsOf = (align: AlignTerms, { graph, gated, features }: PushGraph): readonly Term[] => {
  const classes = scatter(features, graph.targets)
  const units = unitsOf(graph, gated)
  const perUnit = () =>
    op.mul(
      units.map(unit => compactness(scatter(unit, graph.targets))).reduce((a, b) => op.add(a, b)),
      1 / units.length,
    )
  const build = buildTerm({ ...graph, features })
  return [
    builtIn(-align.axis, () => axisSeparation(classes)),
    builtIn(-align.ridge, () => ridgeSeparation(classes)),
    builtIn(align.correlation, () => correlation(classes)),
    builtIn(align.compactness, () => compactness(classes)),
    builtIn(units.length > 0 ? align.units : 0, perUnit),
    ...(align.terms ?? []).map(term => ({ weight: term.weight, build: () => build(term) })),
  ]
}

/** The terms of the objective, each times its weight. */
const weightedTerms = (align: AlignTerms, built: PushGraph): E.Either<LearnError, readonly Value[]> =>
  pipe(
    termsOf(align, built).filter(({ weight }) => weight !== 0),
    E.traverseArray(({ weight, build }) =>
      pipe(
        build(),
        E.map(term => op.mul(term, weight)),
      ),
    ),
  )

/** r: rises from 0 to 1. */
const rampInput = op.input('ramp', [])

/** The loss, and the terms as they rise. */
const objectiveOf = (loss: Value, terms: readonly Value[]): Value =>
  terms.length === 0
    ? loss
    : op.add(
        loss,
        op.mul(
          rampInput,
          terms.reduce((a, b) => op.add(a, b)),
        ),
      )

/** How a step of a push learns: by the gradients of its objective, and with a fade off the channels to be pruned. */
const ruleOf = (
  options: PushOptions,
  { graph, gated }: PushGraph,
  loss: Value,
  terms: readonly Value[],
): StepRule => {
  const objective = objectiveOf(loss, terms)
  const { fade: fadeOptions } = options
  const gradients = gradientsAndGates(graph, objective, fadeOptions === null ? [] : gated)
  const rule = { loss: objective, gradients: gradients.weights }
  return fadeOptions === null
    ? { ...rule, updatesBy: weights => weightUpdates(options)(graph, weights) }
    : {
        ...rule,
        updatesBy: () => weightUpdates(options)(graph, penaliseScales(fadeOptions)(gradients)),
        project: fade(gradients),
        trackers: trackUtility(fadeOptions)(gradients),
      }
}

const hasTerms = ({ terms = [], ...weights }: AlignTerms): boolean =>
  [...Object.values(weights), ...terms.map(({ weight }) => weight)].some(weight => weight !== 0)

/** Options of training that a fade to the end, whose gradients are those of each batch, rules out. */
const checkFading = ({ restoreBest, patience, accumulate }: PushOptions): E.Either<LearnError, void> => {
  const over = 'beside fade, which is over with the last step only'
  if (restoreBest) return wrongOption('restoreBest', 'true', `false ${over}`)
  if (patience !== null) return wrongOption('patience', patience, `null ${over}`)
  return accumulate > 1
    ? wrongOption('accumulate', accumulate, '1 beside fade, which goes by the gradients of each batch')
    : fits
}

/** Options of training that terms of images of one class each, or a fade, rule out. Errors  WrongOption */
export const checkPush = (options: PushOptions): E.Either<LearnError, void> => {
  if (options.mix !== null && hasTerms(options.align))
    return wrongOption('mix', 'given', 'null beside terms of align, which separate images of one class each')
  return options.fade === null ? fits : checkFading(options)
}

/**
 * The calls of a push: `train` on the whole objective, `infer` with the pre-decision features beside the logits.
 *
 * Errors  NoDecision where the net does not end in a layer that decides on a vector; WrongOption; those of a user's own terms
 */
export const pushCalls =
  (options: PushOptions, evaluated: number, teacher: Teacher | null) =>
  (net: CheckedNet): E.Either<LearnError, Calls> =>
    pipe(
      E.Do,
      E.bindW('decision', () => decisionOf(net)),
      E.tap(() => checkPush(options)),
      E.bindW('graph', () => lowerForTraining(options)(net)),
      E.let('built', ({ graph, decision }) => ({
        graph,
        gated: bareUnits(net),
        features: featuresIn(graph, decision),
      })),
      E.bindW('terms', ({ built }) => weightedTerms(options.align, built)),
      E.map(({ built, decision, terms }) => {
        const rule = ruleOf(options, built, trainObjective(options, teacher)(built.graph), terms)
        return stepCalls(options, built.graph, rule, lowerForFeatures(evaluated, decision)(net))
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
    ...(hasTerms(options.align) && {
      ramp: Float32Array.of(Math.min(1, (step + 1) / Math.max(1, options.ramp * steps))),
    }),
    ...(options.fade !== null && fadeFeeds(options.fade)(step, steps)),
  })
