/** Notices of reading data: files that were left out, and choices between several readings. */

/** Why files are left out. */
export type Reason =
  /** Its name begins with a dot, or it lies in such a folder, or in `__MACOSX`. */
  | 'hidden'
  /** Its extension is not that of an image or a shard. */
  | 'other ending'
  /** A link on disk without a target, or to a folder above it. */
  | 'broken link'
  /** A link in an archive, which has no content of its own. */
  | 'link in an archive'
  /** Neither a file nor a folder. */
  | 'device'
  /** An image outside the class folders. */
  | 'outside the classes'
  /** A folder or archive that is no part, or a second one of the same part. */
  | 'beside the parts'

/** Files of one folder or archive that were left out for one reason. */
export interface LeftOut {
  readonly _tag: 'LeftOut'
  readonly file: string
  readonly reason: Reason
  readonly count: number
  /** The path of the first of them. */
  readonly first: string
}

/** Files that were left out, or how an ambiguous data set is read. */
export type Notice =
  | LeftOut
  /** `part` is the test set, since there is no other; validation images are split off training. */
  | { readonly _tag: 'ValidationTests'; readonly data: string; readonly part: string }
  /** `images` of `of` images are for testing, since there is no test part. */
  | { readonly _tag: 'TestSplit'; readonly data: string; readonly images: number; readonly of: number }
  /** The data set has its own validation part; none is split off training. */
  | { readonly _tag: 'ValidationGiven'; readonly data: string; readonly images: number }
  /** Images are stored column by column, by the names of their files, and are turned upright. */
  | { readonly _tag: 'ImagesTransposed'; readonly data: string }
  /** The data set is generated, and the folder that was named is not read. */
  | { readonly _tag: 'FolderUnread'; readonly data: string; readonly folder: string }
  /** Of `of` shards, by their names, `found` are there. */
  | {
      readonly _tag: 'ShardsMissing'
      readonly data: string
      readonly shards: string
      readonly found: number
      readonly of: number
    }
  /** Labels begin at 1. */
  | { readonly _tag: 'LabelsFromOne'; readonly data: string; readonly classes: number }
  /** Classes without a training image, of `of` classes. */
  | {
      readonly _tag: 'ClassesWithoutImages'
      readonly data: string
      readonly names: readonly string[]
      readonly of: number
    }
  /** The classes with most and fewest training images, where they are far apart. */
  | {
      readonly _tag: 'ClassesUneven'
      readonly data: string
      readonly largest: { readonly name: string; readonly images: number }
      readonly smallest: { readonly name: string; readonly images: number }
    }
  /** Images of a part, of `of`, that are training images too; `name` is the class of the first. */
  | {
      readonly _tag: 'DuplicatesFound'
      readonly data: string
      readonly part: 'test' | 'validation'
      readonly images: number
      readonly of: number
      readonly name: string
    }
  /** Classes whose names differ only in case. */
  | { readonly _tag: 'ClassesAlike'; readonly data: string; readonly names: readonly string[] }

/** Counts what is left out of one folder or archive, reason by reason. */
export const noticeCounter = (
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
