/** What can go wrong with an MLflow server: none of it ends a run. */
import type { DecodeError } from '../../io/codec.js'
import type { FileError } from '../../io/error.js'

/** Why a server did not do what it was asked. */
export type ServerFault =
  /** No connection, or no answer in time. */
  | { readonly _tag: 'NoAnswer'; readonly reason: string }
  | { readonly _tag: 'ServerRefused'; readonly status: number; readonly code: string; readonly said: string }
  /** An answer that no MLflow server gives. */
  | { readonly _tag: 'StrangeAnswer'; readonly fault: DecodeError }

/** Why something did not get to a server, or a file of the run could not be read for it. */
export type TrackingFault = ServerFault | FileError

/** What is to be known about a run and its server. */
export type TrackingNote =
  /** The run is there, under this address. */
  | { readonly _tag: 'Tracked'; readonly page: string }
  /** Nothing gets there; it is tried again with every event. */
  | { readonly _tag: 'TrackingAway'; readonly server: string; readonly fault: TrackingFault }
  | { readonly _tag: 'TrackingBack'; readonly server: string }
  /** At the end of a run; `next`: the command that sends what is missing there. */
  | {
      readonly _tag: 'TrackingBehind'
      readonly server: string
      readonly fault: TrackingFault
      readonly next: string
    }
  /** Artifacts that lie elsewhere than behind the server. */
  | { readonly _tag: 'NoArtifactProxy'; readonly server: string; readonly place: string }
