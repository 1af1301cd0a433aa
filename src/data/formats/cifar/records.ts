/** Records of CIFAR's binary batches: a label or two, and three planes of 32×32 bytes. */

import { readFile, stat } from 'node:fs/promises'
import { elementAt } from '../../../io/element.js'
import { Fault } from '../../error.js'

/** Height and width. */
export const side = 32
const planeBytes = side * side

/** The largest accepted batch. */
export const maxBatchBytes = 2 ** 30

/** The content of a batch of whole records. Errors  rejects with BadValue, Truncated */
export const readBatch = async (file: string, labels: number): Promise<Buffer> => {
  const recordBytes = labels + 3 * planeBytes
  const { size } = await stat(file)
  const location = { file, entry: null }
  if (size < recordBytes || size > maxBatchBytes)
    throw new Fault({
      _tag: 'BadValue',
      what: 'size',
      got: size,
      expected: `${recordBytes} bytes per image, 1 image to ${Math.floor(maxBatchBytes / recordBytes)}`,
      ...location,
      offset: 0,
    })
  if (size % recordBytes !== 0)
    throw new Fault({
      _tag: 'Truncated',
      expected: Math.ceil(size / recordBytes) * recordBytes,
      ...location,
      offset: size,
    })
  return readFile(file)
}

/** Converts planes to interleaved pixels. */
const interleave = (planes: Uint8Array, into: Uint8Array): void => {
  for (let at = 0; at < planeBytes; at++)
    for (let c = 0; c < 3; c++) into[3 * at + c] = planes[c * planeBytes + at] ?? 0
}

/** Decoded records. */
export interface Batch {
  readonly bytes: Uint8Array
  readonly labels: Int32Array
}

/** Where the label of a record lies: in which of so many bytes before its planes. */
export interface LabelPlace {
  readonly labels: number
  readonly label: number
}

/** Errors  throws BadValue for a label that is no class */
export const unpackBatch = (
  file: string,
  content: Buffer,
  { labels: before, label: at }: LabelPlace,
  classes: number,
): Batch => {
  const recordBytes = before + 3 * planeBytes
  const count = content.length / recordBytes
  const bytes = new Uint8Array(count * 3 * planeBytes)
  const labels = Int32Array.from({ length: count }, (_, nth) => elementAt(content, nth * recordBytes + at))
  const badIndex = labels.findIndex(label => label >= classes)
  if (badIndex >= 0)
    throw new Fault({
      _tag: 'BadValue',
      file,
      entry: null,
      offset: badIndex * recordBytes + at,
      what: 'label',
      got: elementAt(labels, badIndex),
      expected: `0 to ${classes - 1}`,
    })
  for (let nth = 0; nth < count; nth++)
    interleave(
      content.subarray(nth * recordBytes + before, (nth + 1) * recordBytes),
      bytes.subarray(nth * 3 * planeBytes, (nth + 1) * 3 * planeBytes),
    )
  return { bytes, labels }
}

export const concatBatches = (batches: readonly Batch[]): Batch => ({
  bytes: Buffer.concat(batches.map(({ bytes }) => bytes)),
  labels: Int32Array.from(batches.flatMap(({ labels }) => [...labels])),
})
