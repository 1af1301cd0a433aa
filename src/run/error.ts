/** What can go wrong in a run, as facts. */
import type { LearnError } from '../learn/error.js'
import type { Misread } from '../net/closed.js'
import type { NetError, WeightError } from '../net/error.js'
import type { TensorsError } from '../net/safetensors.js'
import type { GrowError } from '../surgery/error.js'
import type { AtChance } from './chance.js'
import type { Difference } from './difference.js'
import type { Fixed } from './settings.js'

export type FileError =
  | { readonly _tag: 'FileMissing'; readonly file: string }
  /** A file or folder that cannot be read or written, with the system's reason. */
  | { readonly _tag: 'FileFailed'; readonly file: string; readonly reason: string }

/** A file that does not hold what it should. */
export interface BadFile {
  readonly _tag: 'BadFile'
  readonly file: string
  readonly fault: TensorsError | Misread | NetError | WeightError
}

/** What a schedule asks for that nothing in it, or in the data, can give; `at`: its steps' numbers, from 0. */
export type ScheduleError =
  /** A step that is to be taught, before anything was cut. */
  | { readonly _tag: 'NoTeacher'; readonly at: string }
  /** A prune that is not told how far to go, nor is anything around or before it. */
  | { readonly _tag: 'NoAim'; readonly at: string }
  /** A step that holds nets against each other without images to do so. */
  | { readonly _tag: 'NoValidation'; readonly at: string }

/** Why a run cannot begin or go on. */
export type RunError =
  | ScheduleError
  | LearnError
  | GrowError
  | FileError
  | BadFile
  | AtChance
  /** A DSL file that fails to load, with what is wrong in one line, and where it came to that. */
  | { readonly _tag: 'BadModule'; readonly file: string; readonly reason: string; readonly stack: string }
  | { readonly _tag: 'NoExperiment'; readonly file: string; readonly fault: Misread }
  | { readonly _tag: 'NothingToResume'; readonly folder: string }
  | { readonly _tag: 'RunThere'; readonly folder: string }
  /** The experiment is not the one the run in the folder began with; the run is by itself, or part of a study. */
  | {
      readonly _tag: 'ExperimentDiffers' | 'EntrantDiffers'
      readonly folder: string
      readonly differences: readonly Difference[]
    }
  | { readonly _tag: 'NoSuchSeed'; readonly seed: number; readonly seeds: number }
  /** Seeds of a study whose processes did not come to their end. */
  | { readonly _tag: 'SeedsFailed'; readonly seeds: readonly number[] }
  /** The run began with another value of what makes it repeat itself. */
  | {
      readonly _tag: 'RunDiffers'
      readonly folder: string
      readonly what: Fixed
      readonly began: string
      readonly now: string
    }
  /** A checkpoint of another experiment, seed, engine or data than those beside it. */
  | { readonly _tag: 'OtherRun'; readonly file: string }
