/** What can go wrong with a study and its cells, as facts. */

/** A queue that cannot be used; `url` without its password. */
export type QueueError =
  | { readonly _tag: 'QueueUnreachable'; readonly url: string; readonly reason: string }
  /** A queue that took writes, and has not for so many seconds; `refusal` is its last answer, null where it gave none. */
  | {
      readonly _tag: 'QueueLost'
      readonly url: string
      readonly seconds: number
      readonly refusal: string | null
    }
  /** A server that takes writes, but not a command of the queue. */
  | { readonly _tag: 'QueueRefused'; readonly url: string; readonly refusal: string }
  | { readonly _tag: 'PackageMissing'; readonly name: string; readonly mend: string }

/** Why a study does not run, or not to its end. */
export type StudyError =
  | QueueError
  /** Two runs of a study whose names would be those of one folder. */
  | { readonly _tag: 'SameFolder'; readonly study: string; readonly first: string; readonly second: string }
  | { readonly _tag: 'NoSuchSeed'; readonly seed: number; readonly seeds: number }
  /** A cell of another number of cells than the study has. */
  | { readonly _tag: 'CellsDiffer'; readonly study: string; readonly expected: number; readonly got: number }
  /** Cells whose processes did not come to their end. */
  | { readonly _tag: 'CellsFailed'; readonly cells: readonly string[] }
  /** Others work on the study with another value of what all must have in common; by the file that says so. */
  | {
      readonly _tag: 'StudyDiffers'
      readonly file: string
      readonly what: string
      readonly began: string
      readonly now: string
    }
  /** A cell that was run twice and came to two models; by checksums. */
  | { readonly _tag: 'CellDiffers'; readonly file: string; readonly began: string; readonly now: string }
