/** An experiment is a value: a net, the data it is for, and what happens to it over time. */
import type { DataSpec } from '../../data/spec.js'
import type { Net } from '../../net/tree.js'
import { resolveSteps } from './resolve.js'
import type { ScheduleStep, Step } from './steps.js'

/** A net, its data, and what happens over time. */
export interface Experiment {
  readonly _tag: 'experiment'
  readonly net: Net
  readonly data: DataSpec
  readonly schedule: readonly Step[]
}

/**
 * @example
 * export default experiment(tiny, mnist(), train({ epochs: 2 }))
 */
export const experiment = (net: Net, data: DataSpec, ...schedule: readonly ScheduleStep[]): Experiment =>
  Object.freeze({ _tag: 'experiment', net, data, schedule: resolveSteps(net)(schedule) })
