/** The calls of a phase, from what each of its steps minimises and how it changes the weights. */
import * as E from 'fp-ts/lib/Either.js'
import { identity, pipe } from 'fp-ts/lib/function.js'
import type { Graph, Value } from '../../graph/graph.js'
import type { WeightGradient } from '../../graph/optimizer.js'
import type { CheckedNet } from '../../net/infer.js'
import type { LearnError } from '../error.js'
import type { NewPart } from '../growth/new-rate.js'
import type { TrainOptions } from '../options.js'
import { accumulateCalls } from './accumulate.js'
import { averageUpdates } from './average.js'
import type { Calls } from './phase.js'
import {
  lowerForInference,
  lowerForTraining,
  runningStatistics,
  type Teacher,
  type TrainingGraph,
  trainObjective,
  weightGradients,
  weightUpdates,
} from './train.js'

/** What a step does beside the forward pass: the loss it reports, its gradients, how they change the weights. */
export interface StepRule {
  readonly loss: Value
  readonly gradients: readonly WeightGradient[]
  readonly updatesBy: (gradients: readonly WeightGradient[]) => readonly Value[]
  /** What holds the updated weights within bounds, averaged ones too; as they are by default. */
  readonly project?: (updates: readonly Value[]) => readonly Value[]
  /** Updates of which no average is kept, since they change no weights; none by default. */
  readonly trackers?: readonly Value[]
  /** By default those of all batch norms. */
  readonly statistics?: readonly Value[]
}

/** The calls of steps by a rule, in a graph, and a forward pass. */
export const stepCalls = (
  options: Pick<TrainOptions, 'accumulate' | 'average'>,
  graph: TrainingGraph,
  {
    loss,
    gradients,
    updatesBy,
    project = identity,
    trackers = [],
    statistics = runningStatistics(graph),
  }: StepRule,
  infer: Graph,
): Calls => ({
  ...accumulateCalls(options)({
    outputs: { loss, logits: graph.logits },
    gradients,
    updatesBy: weights => [...project(averageUpdates(options.average)(updatesBy(weights))), ...trackers],
    statistics,
  }),
  infer,
})

/** The calls of a phase that learns by a rule, and answers with logits alone; `evaluated`: images of a forward pass. */
export const callsBy =
  (options: TrainOptions, evaluated: number, ruleOf: (graph: TrainingGraph) => StepRule) =>
  (net: CheckedNet): E.Either<LearnError, Calls> =>
    pipe(
      lowerForTraining(options)(net),
      E.map(graph => stepCalls(options, graph, ruleOf(graph), lowerForInference(evaluated)(net))),
    )

/** The calls of plain training; what is new may have a rate of its own. */
export const trainCalls = (
  options: TrainOptions,
  evaluated: number,
  teacher: Teacher | null = null,
  newPart: NewPart | null = null,
): ((net: CheckedNet) => E.Either<LearnError, Calls>) =>
  callsBy(options, evaluated, graph => {
    const loss = trainObjective(options, teacher)(graph)
    return {
      loss,
      gradients: weightGradients(graph, loss),
      updatesBy: gradients => weightUpdates(options, newPart)(graph, gradients),
    }
  })
