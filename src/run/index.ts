/** Experiments and studies as values, run as folds that can be taken up again. */
export { type ModelFile, readModel, readModelFile, saveModel } from '../convert/model-file.js'
export type { Resources } from './context.js'
export type { Cursor, RoundsBaseline, StageResult } from './cursor.js'
export type {
  AtChance,
  BadFile,
  ClassesDiffer,
  Difference,
  FileError,
  ModelDiffers,
  OriginDiffers,
  QueueError,
  RunError,
  ScheduleError,
  StudyError,
} from './error.js'
export type {
  Comparison,
  CutScores,
  GrownNet,
  GrowthsScored,
  KeptEpoch,
  RankedChannels,
  Result,
  RunEvent,
  Scored,
  ScoredGrowth,
} from './events.js'
export { loadExperiment, loadStudy } from './load/experiment.js'
export { loadNet } from './load/net.js'
export { restoreFunctions } from './load/restore.js'
export type { Note } from './notes.js'
export type { RunObserver } from './observer.js'
export type { Features, Mistake, Predictions } from './review/predictions.js'
export type { ReadLog } from './review/read-log.js'
export { type RunRecord, readRecord } from './review/record.js'
export { begin, type Changes, resume } from './run.js'
export { experimentCodec, studyCodec } from './schedule/codec.js'
export type { Counts } from './schedule/counts.js'
export {
  type Experiment,
  type ExperimentWord,
  experiment,
  type PlannedExperiment,
} from './schedule/experiment.js'
export { type CandidateOptions, type GrowStepOptions, grow } from './schedule/growth-plan.js'
export * from './schedule/schedule.js'
export * from './schedule/steps.js'
export type { StepPlace } from './steps/step-context.js'
export type { Limit, Loss, NoGain, SiteRemoved, Stop, StopFact, StopReason } from './stop-reason.js'
export type { Checkpoint } from './storage/checkpoint.js'
export type { Damaged } from './storage/checksum.js'
export type { Code } from './storage/code-version.js'
export { type Destination, type Folder, folderAt } from './storage/folder.js'
export type { History } from './storage/history.js'
export type { KeptModels } from './storage/kept-models.js'
export { readResult } from './storage/result.js'
export {
  type DataChange,
  type DataSettings,
  type RunInvariant,
  type Settings,
  settingsOf,
} from './storage/settings.js'
export { latest, openRun, type StoredRun } from './storage/stored-run.js'
export { type AblationOptions, type AblationWord, ablation } from './study/ablation.js'
export { type Cell, cellsOf, seedsOf } from './study/cells.js'
export { publishOutcome } from './study/outcome.js'
export { runCell, runStudy, type StudyContext, type VariantRun } from './study/runner.js'
export { type Study, type StudyWord, study, type Variant, type VariantOptions } from './study/study.js'
