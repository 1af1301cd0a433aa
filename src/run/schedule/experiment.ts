/** An experiment is a value: a net, the data it is for, and what happens to it over time. */
import type { DataSpec } from '../../data/spec.js'
import type { Net } from '../../net/tree.js'
import type { GivenModel } from '../../net/words/from.js'
import type { Origin } from '../standalone/origin.js'
import { experimentOn } from './resolve.js'
import type { ScheduleStep, Step } from './steps.js'

/** A net, its data, and what happens over time. */
export interface Experiment {
  readonly _tag: 'experiment'
  readonly net: Net
  readonly data: DataSpec
  readonly schedule: readonly Step[]
  /** The model it begins with, in place of initial weights. */
  readonly from?: Origin
}

/** An experiment that begins with a model in a file, which is read when the experiment is loaded. */
export interface PlannedExperiment {
  readonly _tag: 'experiment'
  readonly net: GivenModel
  readonly data: DataSpec
  readonly schedule: readonly ScheduleStep[]
}

/** The experiment of a net, or of a model in a file. */
export interface ExperimentWord {
  (net: Net, data: DataSpec, ...schedule: readonly ScheduleStep[]): Experiment
  (net: GivenModel, data: DataSpec, ...schedule: readonly ScheduleStep[]): PlannedExperiment
}

/**
 * A net or a model in a file, the data it is for, and the steps that happen to it.
 *
 * @example
 * export default experiment(tiny, mnist(), train({ epochs: 2 }))
 */
export const experiment: ExperimentWord = ((
  net: Net | GivenModel,
  data: DataSpec,
  ...schedule: readonly ScheduleStep[]
): Experiment | PlannedExperiment =>
  net?._tag === 'from'
    ? Object.freeze({ _tag: 'experiment', net, data, schedule })
    : experimentOn(net, data, schedule)) as ExperimentWord // each net gives its own kind
