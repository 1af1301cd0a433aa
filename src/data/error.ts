/** Errors of reading data, as facts; `report/text/messages` renders them. */

import type { DecodeError } from '../io/codec.js'
import { messageOf } from '../io/exception.js'

/** A place in a file: the entry of an archive (or record of a shard) if there is one, and the byte offset. */
export interface Location {
  readonly file: string
  readonly entry: string | null
  /** Bytes from the beginning of the unpacked content, or for `BadStream` of the packed file. */
  readonly offset: number
}

/** Why data cannot be read. */
export type DataError =
  /** A malformed specification: an unknown option, or one of the wrong type. */
  | DecodeError
  /**
   * The files of a data set are not in `folder`, which holds `found`; `instead` says what else there is, where more is
   * known.
   */
  | {
      readonly _tag: 'FilesMissing'
      readonly data: string
      readonly folder: string
      readonly files: readonly string[]
      readonly sources: readonly string[]
      readonly found: readonly string[]
      readonly instead: string | null
    }
  /** A data set's folder without its parts. `found` is what it holds instead: null where the folder is missing. */
  | {
      readonly _tag: 'PartsMissing'
      readonly data: 'imageFolder' | 'imageCsv' | 'tfrecord'
      readonly folder: string
      readonly found: readonly string[] | null
    }
  /** A part whose class folders hold no images. */
  | { readonly _tag: 'ClassesMissing'; readonly folder: string; readonly found: readonly string[] }
  /** `mend`: what to try, where another path is of no use. */
  | { readonly _tag: 'ReadFailed'; readonly file: string; readonly reason: string; readonly mend?: string }
  /** A gzip stream that cannot be unpacked any further. */
  | ({ readonly _tag: 'BadStream'; readonly reason: string } & Location)
  /** The content ends at `offset`; `expected` is where it should end, counted from the same beginning. */
  | ({ readonly _tag: 'Truncated'; readonly expected: number } & Location)
  /** An invalid value in a file: a magic number, a size, a label, a checksum; `offset`: null where the row says enough. */
  | ({
      readonly _tag: 'BadValue'
      readonly what: string
      readonly got: string | number
      readonly expected: string
      readonly offset: number | null
    } & Omit<Location, 'offset'>)
  /** An unsafe entry of an archive: a path outside its folder, a link or a device. */
  | ({ readonly _tag: 'UnsafeEntry'; readonly kind: 'leaves its folder' | 'link' | 'device' } & Location)
  /** An image that cannot be decoded. */
  | ({
      readonly _tag: 'NotAnImage'
      readonly reason: string
      /** Its bytes, where it ends before its content does. */
      readonly cutOffAt?: number
      /** Its format, where that is known and not read. */
      readonly format?: string
      /** The most pixels of an image, where it has more. */
      readonly maxPixels?: number
    } & Location)
  /** A folder in which no image lies. */
  | { readonly _tag: 'NoImages'; readonly folder: string }
  /** A class folder without a single image. */
  | { readonly _tag: 'EmptyClass'; readonly folder: string; readonly name: string }
  /** A record without a required value; `keys` are the keys it has. */
  | ({ readonly _tag: 'ValueMissing'; readonly key: string; readonly keys: readonly string[] } & Location)
  /** Two files (or parts) of one data set disagree: in the number of images and labels, in image size, in classes. */
  | {
      readonly _tag: 'PartsDiffer'
      readonly what: 'count' | 'size' | 'classes'
      readonly first: { readonly file: string; readonly got: string | number }
      readonly second: { readonly file: string; readonly got: string | number }
    }
  | {
      readonly _tag: 'ChecksumDiffers'
      readonly file: string
      readonly got: string
      readonly expected: string
    }
  /** An option of the specification, or of the command, that this data does not allow. */
  | {
      readonly _tag: 'BadOption'
      readonly data: string
      readonly option: string
      readonly got: string | number
      readonly expected: string
    }

/** An error fact as an exception, for streams and promises. */
export class Fault extends Error {
  readonly fact: DataError
  constructor(fact: DataError) {
    super(fact._tag)
    this.fact = fact
  }
}

/** The fact of a rejected promise; any other reason is a failed read of `file`. */
export const factOf =
  (file: string) =>
  (reason: unknown): DataError =>
    reason instanceof Fault ? reason.fact : { _tag: 'ReadFailed', file, reason: messageOf(reason) }
