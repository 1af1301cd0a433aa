/** What can go wrong with a file, as facts. */

export type FileError =
  | { readonly _tag: 'FileMissing'; readonly file: string }
  /** A file or folder that cannot be read or written, with the system's reason. */
  | { readonly _tag: 'FileFailed'; readonly file: string; readonly reason: string }

/** A file that does not hold what it should. */
export interface BadFile<Fault> {
  readonly _tag: 'BadFile'
  readonly file: string
  readonly fault: Fault
}
