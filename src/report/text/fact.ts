/** Every fact that a person may read about, and the form of the functions that turn facts into sentences. */
import type {
  ExportError,
  FilesMeasured,
  ImportError,
  ImportNote,
  OpsetDiffers,
  WeightsMeasured,
} from '../../convert/error.js'
import type { NotAModel } from '../../convert/model-file.js'
import type { Notice } from '../../data/notices.js'
import type { NativeError } from '../../engine/error.js'
import type { DecodeError } from '../../io/codec.js'
import type { BadFile } from '../../io/error.js'
import type { TensorsError } from '../../io/safetensors.js'
import type { ClassifierError } from '../../learn/evaluation/predict.js'
import type { RunError } from '../../run/error.js'
import type { Note } from '../../run/notes.js'
import type { StopFact } from '../../run/stop-reason.js'
import type { Damaged } from '../../run/storage/checksum.js'
import type { NoAddress } from '../mlflow/address.js'
import type { ServerFault, TrackingNote } from '../mlflow/error.js'
import type { BoardFailed } from '../tensorboard/board.js'

/** A command that a signal stopped; `next`: the command that resumes the run, `null` where none had begun. */
export interface Stopped {
  readonly _tag: 'Stopped'
  readonly signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP'
  readonly next: string | null
}

/** Every fact with a message. */
export type Fact =
  | RunError
  | Note
  | NativeError
  | ExportError
  | ImportError
  | ImportNote
  | OpsetDiffers
  | WeightsMeasured
  | FilesMeasured
  | TensorsError
  | NotAModel
  | Damaged
  | DecodeError
  | StopFact
  | Stopped
  | Notice
  | ClassifierError
  | BadFile<ClassifierError>
  | BoardFailed
  | NoAddress
  | ServerFault
  | TrackingNote

export type Tag = Fact['_tag']

export type FactOf<T extends Tag> = Extract<Fact, { readonly _tag: T }>

/** A fact as one line. */
export type Render = (fact: Fact) => string

/** By tag, the function that writes the line; `render` writes the facts inside a fact. */
export type Messages = { readonly [T in Tag]: (fact: FactOf<T>, render: Render) => string }
