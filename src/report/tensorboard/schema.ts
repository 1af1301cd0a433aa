/**
 * The messages of an event file that runs write.
 * Source  event.proto, summary.proto and histogram.proto of TensorFlow 2.20
 */
import protobuf from 'protobufjs/light.js'

const root = protobuf.Root.fromJSON({
  nested: {
    Event: {
      fields: {
        wallTime: { id: 1, type: 'double' },
        step: { id: 2, type: 'int64' },
        fileVersion: { id: 3, type: 'string' },
        summary: { id: 5, type: 'Summary' },
      },
      oneofs: { what: { oneof: ['fileVersion', 'summary'] } },
    },
    Summary: { fields: { value: { id: 1, type: 'Value', rule: 'repeated' } } },
    Value: {
      fields: {
        tag: { id: 1, type: 'string' },
        simpleValue: { id: 2, type: 'float' },
        image: { id: 4, type: 'Image' },
        histo: { id: 5, type: 'Histogram' },
      },
      oneofs: { value: { oneof: ['simpleValue', 'image', 'histo'] } }, // one of them is written even where it is 0
    },
    Image: {
      fields: {
        height: { id: 1, type: 'int32' },
        width: { id: 2, type: 'int32' },
        colorspace: { id: 3, type: 'int32' },
        encodedImageString: { id: 4, type: 'bytes' },
      },
    },
    Histogram: {
      fields: {
        min: { id: 1, type: 'double' },
        max: { id: 2, type: 'double' },
        num: { id: 3, type: 'double' },
        sum: { id: 4, type: 'double' },
        sumSquares: { id: 5, type: 'double' },
        bucketLimit: { id: 6, type: 'double', rule: 'repeated', options: { packed: true } },
        bucket: { id: 7, type: 'double', rule: 'repeated', options: { packed: true } },
      },
    },
  },
})

/** How values are distributed: so many in each bucket, up to its limit. */
export interface Histogram {
  readonly min: number
  readonly max: number
  readonly num: number
  readonly sum: number
  readonly sumSquares: number
  readonly bucketLimit: readonly number[]
  readonly bucket: readonly number[]
}

/** `colorspace`: 4 of red, green, blue and opacity. */
export interface Image {
  readonly height: number
  readonly width: number
  readonly colorspace: number
  readonly encodedImageString: Uint8Array
}

/** A figure under its tag. */
export type SummaryValue = { readonly tag: string } & (
  | { readonly simpleValue: number }
  | { readonly image: Image }
  | { readonly histo: Histogram }
)

/** A record of an event file without the moment at which it was written; the first names the version of the format. */
export type BoardEvent =
  | { readonly fileVersion: string }
  | { readonly step: number; readonly summary: { readonly value: readonly SummaryValue[] } }

const message = root.lookupType('Event')

/** The bytes of an event. `wallTime`: seconds since 1970, not 0; its bytes are the first. */
export const encodeEvent = (event: BoardEvent, wallTime: number): Buffer =>
  Buffer.from(message.encode(message.fromObject({ ...event, wallTime })).finish())

/** Bytes of the moment at the beginning of an encoded event. */
export const wallTimeBytes = 9
