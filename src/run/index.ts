/** Experiments as values, run as folds that can be taken up again. */

export { experimentCodec } from './codec.js'
export type { RunError } from './error.js'
export type { Compared, Result, RunEvent } from './event.js'
export { type Experiment, experiment } from './experiment.js'
export { loadExperiment, loadNet } from './load.js'
export { readModel, saveModel } from './model.js'
export { type GrowWord, grow, type Site, type Sprout } from './plan.js'
export { begin, begun, type Onlooker, type Opened, resume } from './run.js'
export * from './schedule.js'
