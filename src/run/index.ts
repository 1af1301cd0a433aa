/** Experiments as values, run as folds that can be taken up again. */

export { type ModelFile, readModel, readModelFile, saveModel } from '../convert/model-file.js'
export type { RunError } from './error.js'
export type { Comparison, Result, RunEvent } from './events.js'
export { loadExperiment, loadNet } from './load.js'
export type { Note } from './notes.js'
export { begin, type Changes, type Resources, type RunObserver, resume } from './run.js'
export { experimentCodec } from './schedule/codec.js'
export { type Experiment, experiment } from './schedule/experiment.js'
export { type GrowStepOptions, grow, type ModuleSource } from './schedule/growth-plan.js'
export * from './schedule/schedule.js'
export { openRun, type StoredRun } from './storage/stored-run.js'
