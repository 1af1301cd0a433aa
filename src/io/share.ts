/** Which part of each batch a worker of a cluster has. */
export interface Share {
  /** From 0. */
  readonly rank: number
  readonly workers: number
}
