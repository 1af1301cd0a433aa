/** What a run tells beside its events: what it found and set right before it went on. */
export type Note =
  /** A process that held the run's folder is gone. */
  | { readonly _tag: 'LockTakenOver'; readonly folder: string; readonly pid: number }
  /** Of the bytes of the log that the checkpoint knows of, so many were there and whole. */
  | { readonly _tag: 'LogMended'; readonly file: string; readonly kept: number; readonly known: number }
