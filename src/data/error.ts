/** What can be wrong with data, as facts; the words for people are in `report/prose`. */
import type { DecodeError } from '../io/codec.js'

/** Where in a file: the entry of an archive (or record of a shard) if there is one, and the byte. */
export interface Place {
  readonly file: string
  readonly entry: string | null
  /** Bytes from the beginning: of the unpacked content, or for `BadStream` of the packed file. */
  readonly offset: number
}

/** Why data cannot be had, with the place in a file. */
export type DataError =
  /** A specification that is none: an option its word does not have, or one of the wrong kind. */
  | DecodeError
  /** The files a data set is made of are not in `folder`; `reason` says why they could not be fetched either. */
  | {
      readonly _tag: 'FilesMissing'
      readonly data: string
      readonly folder: string
      readonly files: readonly string[]
      readonly sources: readonly string[]
      readonly reason: string | null
    }
  /**
   * A set's folder without the parts it needs. `found` is what is there instead: nothing where the folder is not there
   * itself, class folders where `classes` says so.
   */
  | {
      readonly _tag: 'PartsMissing'
      readonly data: 'imageFolder' | 'tfrecord'
      readonly folder: string
      readonly found: readonly string[] | null
      readonly classes: boolean
    }
  /** A part without class folders that hold images. */
  | { readonly _tag: 'ClassesMissing'; readonly folder: string; readonly found: readonly string[] }
  | { readonly _tag: 'ReadFailed'; readonly file: string; readonly reason: string }
  /** A packed stream that cannot be unpacked any further. */
  | ({ readonly _tag: 'BadStream'; readonly reason: string } & Place)
  /** The content ends at `offset`, where `wanted` bytes were announced. */
  | ({ readonly _tag: 'Truncated'; readonly wanted: number } & Place)
  /** A value no valid file has at this place: a magic number, a size, a label, a sum. */
  | ({
      readonly _tag: 'BadValue'
      readonly what: string
      readonly got: string | number
      readonly wanted: string
    } & Place)
  /** An entry of an archive that no data set needs and no archive may have: it leaves its folder, or is a link. */
  | ({ readonly _tag: 'UnsafeEntry'; readonly kind: 'leaves its folder' | 'link' | 'device' } & Place)
  /** An image that cannot be decoded. */
  | ({ readonly _tag: 'NotAnImage'; readonly reason: string } & Place)
  /** A class folder without a single image. */
  | { readonly _tag: 'EmptyClass'; readonly folder: string; readonly name: string }
  /** A record without one of the values every record must have; `keys` are those of the values it has. */
  | ({ readonly _tag: 'ValueMissing'; readonly key: string; readonly keys: readonly string[] } & Place)
  /** Two files (or parts) that belong together do not agree. */
  | {
      readonly _tag: 'PartsDiffer'
      readonly what: string
      readonly first: { readonly file: string; readonly got: string | number }
      readonly second: { readonly file: string; readonly got: string | number }
    }
  | { readonly _tag: 'ChecksumDiffers'; readonly file: string; readonly got: string; readonly wanted: string }
  /** An option of the specification, or of the command, that this data cannot meet. */
  | {
      readonly _tag: 'BadOption'
      readonly data: string
      readonly option: string
      readonly got: string | number
      readonly wanted: string
    }

/** A fact on its way through a promise: why a stream or a read ended. */
export class Fault extends Error {
  constructor(readonly fact: DataError) {
    super(fact._tag)
  }
}

const messageOf = (reason: unknown): string => (reason instanceof Error ? reason.message : String(reason))

/** The fact behind a rejected promise; anything else is a failed read of `file`. */
export const factOf =
  (file: string) =>
  (reason: unknown): DataError =>
    reason instanceof Fault ? reason.fact : { _tag: 'ReadFailed', file, reason: messageOf(reason) }
