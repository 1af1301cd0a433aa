/** What reading leaves out or decides by itself: nothing is wrong, and someone should know. */

/** Why files are left out. */
export type Reason =
  /** Its name begins with a dot, or it lies in such a folder, or in `__MACOSX`. */
  | 'hidden'
  /** Its ending is not an image's, or not a shard's. */
  | 'other ending'
  /** A link on disk that leads nowhere, or back to a folder above it. */
  | 'broken link'
  /** A link in an archive, which has no content of its own. */
  | 'link in an archive'
  /** Neither a file nor a folder. */
  | 'device'
  /** An image that lies in no class folder. */
  | 'outside the classes'
  /** A folder or an archive beside the parts that is none of them, or a second one of a part. */
  | 'beside the parts'

/** Files of one folder or archive that are left out for one reason. */
export interface LeftOut {
  readonly _tag: 'LeftOut'
  readonly file: string
  readonly reason: Reason
  readonly count: number
  /** The path of the first of them. */
  readonly first: string
}

/** What is left out, or how the data set of a name is read where there is more than one way. */
export type Notice =
  | LeftOut
  /** `splitPart` is the test set, as there is no other; validation images are split off training. */
  | { readonly _tag: 'ValidationTests'; readonly data: string; readonly part: string }
  /** `val` is the validation set: nothing is split off training. */
  | { readonly _tag: 'ValidationGiven'; readonly data: string; readonly images: number }
  /** Labels count from 1: the first class is that of label 1. */
  | { readonly _tag: 'LabelsFromOne'; readonly data: string; readonly classes: number }
  /** Classes, `of` so many, without a training image. */
  | {
      readonly _tag: 'ClassesWithoutImages'
      readonly data: string
      readonly names: readonly string[]
      readonly of: number
    }
  /** Classes whose names differ in capital letters alone. */
  | { readonly _tag: 'ClassesAlike'; readonly data: string; readonly names: readonly string[] }

/** Counts what is left out of one folder or archive, reason by reason. */
export const counting = (
  file: string,
): {
  readonly leaveOut: (reason: Reason, path: string) => void
  readonly leftOut: () => readonly LeftOut[]
} => {
  const counts = new Map<Reason, LeftOut>()
  return {
    leaveOut: (reason, path) => {
      const { count, first } = counts.get(reason) ?? { count: 0, first: path }
      counts.set(reason, { _tag: 'LeftOut', file, reason, count: count + 1, first })
    },
    leftOut: () => [...counts.values()],
  }
}
