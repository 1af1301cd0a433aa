/** What can go wrong in a run, as facts. */
import type { ImportError } from '../convert/error.js'
import type { ModelFault } from '../convert/model-file.js'
import type { Skipped } from '../data/dataset.js'
import type { DecodeError } from '../io/codec.js'
import type { FileError, BadFile as UnreadableFile } from '../io/error.js'
import type { LearnError } from '../learn/error.js'
import type { GrowError } from '../surgery/error.js'
import type { Damaged } from './storage/checksum.js'
import type { RunInvariant } from './storage/settings.js'
import type { StudyError } from './study/error.js'

export type { FileError } from '../io/error.js'
export type { QueueError, StudyError } from './study/error.js'

/** A file that does not hold what it should. */
export type BadFile = UnreadableFile<ModelFault | Damaged>

/** A place in an experiment as JSON, and what stands there, `nothing` where there is nothing. */
export interface Difference {
  readonly at: string
  readonly began: string
  readonly now: string
}

/** A validation accuracy no better than chance, after one that was. */
export interface AtChance {
  readonly _tag: 'AtChance'
  /** The step of the schedule it was the end of, from 0. */
  readonly stage: number
  readonly accuracy: number
  /** The most that is still chance: what naming the commonest class scores, and a little more. */
  readonly chance: number
  /** The best before. */
  readonly before: number
}

/** What a schedule asks for that nothing in it, or in the data, can give; `at`: its steps' numbers, from 0. */
export type ScheduleError =
  /** A step with distillation, before anything was cut. */
  | { readonly _tag: 'NoTeacher'; readonly at: string }
  /** A prune without a target, nor any around or before it. */
  | { readonly _tag: 'NoTarget'; readonly at: string }
  /** A step that compares nets, without validation images. */
  | { readonly _tag: 'NoValidation'; readonly at: string }

/** Data whose classes are not those that a given model answers with. */
export interface ClassesDiffer {
  readonly _tag: 'ClassesDiffer'
  readonly file: string
  /** How many values the model gives. */
  readonly values: number
  /** The names of its classes, where they are known. */
  readonly classes: readonly string[] | null
  readonly data: readonly string[]
  /** What may be changed: the head of an experiment's net, or the data alone. */
  readonly remedy: 'head' | 'data'
}

/** The model that a run began with has changed since; by checksums. */
export interface ModelDiffers {
  readonly _tag: 'ModelDiffers'
  readonly folder: string
  readonly file: string
  readonly began: string
  readonly now: string
}

/** A run is to go on from another model than it began with, by its file, or from none; `null`: from initial weights. */
export interface OriginDiffers {
  readonly _tag: 'OriginDiffers'
  readonly folder: string
  readonly began: string | null
  readonly now: string | null
}

/** Why a run cannot begin or go on. */
export type RunError =
  | ScheduleError
  | ImportError
  | ClassesDiffer
  | ModelDiffers
  | OriginDiffers
  /** An experiment of a run's folder, which alone has no weights to begin with. */
  | { readonly _tag: 'NoWeights'; readonly file: string }
  | LearnError
  | GrowError
  | FileError
  | BadFile
  | AtChance
  | StudyError
  /** A file or folder that is none to load. */
  | { readonly _tag: 'NoModule'; readonly file: string; readonly got: string }
  /** A DSL file that fails to load, with what is wrong in one line, and where it came to that. */
  | { readonly _tag: 'BadModule'; readonly file: string; readonly reason: string; readonly stack: string }
  | { readonly _tag: 'NoExperiment'; readonly file: string; readonly fault: DecodeError }
  | { readonly _tag: 'NothingToResume'; readonly folder: string }
  /** A run whose log has no decision about a layer's channels. */
  | { readonly _tag: 'NothingRanked'; readonly folder: string; readonly at: string }
  /** A run without its final model. */
  | { readonly _tag: 'RunUnfinished'; readonly folder: string }
  | { readonly _tag: 'RunThere'; readonly folder: string }
  /** A file that would be replaced. */
  | { readonly _tag: 'FileThere'; readonly file: string }
  /** A process, perhaps of another host, is at work in the folder. */
  | { readonly _tag: 'RunLocked'; readonly folder: string; readonly pid: number; readonly host: string }
  /** Another process has taken over a folder in which this one gave no sign of life. */
  | { readonly _tag: 'RunLost'; readonly folder: string }
  /** The experiment is not the one the run in the folder began with. */
  | {
      readonly _tag: 'ExperimentDiffers'
      readonly folder: string
      readonly differences: readonly Difference[]
    }
  /** The same of a run that is part of a study. */
  | {
      readonly _tag: 'VariantDiffers'
      readonly folder: string
      readonly differences: readonly Difference[]
    }
  /** The run began with another value of what makes it repeat itself. */
  | {
      readonly _tag: 'RunDiffers'
      readonly folder: string
      readonly what: RunInvariant
      readonly began: string
      readonly now: string
    }
  /** Nets, and steps that are done or under way, are what they are: no other experiment can be gone on with. */
  | {
      readonly _tag: 'DoneDiffers'
      readonly folder: string
      readonly differences: readonly Difference[]
    }
  /** A run that goes on is to be kept elsewhere. */
  | { readonly _tag: 'OutDiffers'; readonly folder: string; readonly out: string }
  /** Images that a run was begun with, of which it leaves none out. */
  | { readonly _tag: 'ImagesLost'; readonly folder: string; readonly images: number; readonly first: Skipped }
  /** A checkpoint of another experiment, seed, engine or data than those beside it. */
  | { readonly _tag: 'OtherRun'; readonly file: string }
