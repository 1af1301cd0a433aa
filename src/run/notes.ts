/** Notes of a run, beside its events: what it found and mended before it went on. */
export type Note =
  /** The process that held the run's folder no longer runs. */
  | { readonly _tag: 'LockTakenOver'; readonly folder: string; readonly pid: number }
  /** Of the bytes of the log that the checkpoint knows of, so many were there and whole. */
  | { readonly _tag: 'LogMended'; readonly file: string; readonly kept: number; readonly known: number }
