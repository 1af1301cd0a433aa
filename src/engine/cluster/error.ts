/** What can go wrong between the workers of a cluster, as facts. */
export type ClusterError =
  /** Nobody answers there, `seconds` long. */
  | {
      readonly _tag: 'WorkerUnreachable'
      readonly address: string
      readonly seconds: number
      readonly reason: string
    }
  /** A worker that is already in another run. */
  | { readonly _tag: 'WorkerBusy'; readonly address: string; readonly leader: string }
  /** A worker that would compute something else: `here` at the first worker, `there` at that one. */
  | {
      readonly _tag: 'WorkerDiffers'
      readonly address: string
      readonly what: string
      readonly here: string
      readonly there: string
    }
  /** A worker that could not begin, for a reason it gives. */
  | { readonly _tag: 'WorkerRefused'; readonly address: string; readonly reason: string }
  /** It has ended, hangs, or cannot be reached any more. */
  | { readonly _tag: 'WorkerLost'; readonly address: string }
  /** The same of the first worker. */
  | { readonly _tag: 'LeaderLost'; readonly address: string }
  /** The first worker's own address, which another worker would take for its own. */
  | { readonly _tag: 'NotReachable'; readonly address: string; readonly other: string }
  /** TensorFlow of a worker that itself answers. */
  | { readonly _tag: 'NotReached'; readonly address: string; readonly reason: string }
  | { readonly _tag: 'PortTaken'; readonly address: string; readonly reason: string }
  /** A batch that cannot be divided evenly. */
  | { readonly _tag: 'BatchNotShared'; readonly batch: number; readonly workers: number }
  /** What each machine would measure otherwise. */
  | { readonly _tag: 'NotInCluster'; readonly what: string }

/** Why a socket failed: its errors have a code. */
export const socketReason = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error)
