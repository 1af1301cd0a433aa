/** Shards written by TensorFlow, and records made of them. */
import { maskedCrc } from '../../../../src/data/formats/tfrecord/crc.js'
import { openData } from '../../../../src/data/open.js'
import type { OpenOptions } from '../../../../src/data/source.js'
import { type TfRecordOptions, tfrecord } from '../../../../src/data/spec.js'
import { image } from '../../../../src/net/words/leaves.js'
import { ownCache, scratch } from '../../../support/scratch.js'

/**
 * Three Examples as TensorFlow 2.20 wrote them: a 2×2 PNG each of the colours (1, 10, 20), (2, 10, 20) and
 * (232, 10, 20) with labels 1, 2 and 1000, two with a box, a file name and an empty feature beside.
 */
export const written = Buffer.from(
  '1QAAAAAAAADUh8fUCtIBCgkKBWVtcHR5EgAKGgoRaW1hZ2UvY2xhc3MvbGFiZWwSBRoDCgEBCmQKDWltYWdlL2VuY29kZWQSUwpRCk+JUE5HDQoaCgAAAA1JSERSAAAAAgAAAAIIAgAAAP3UmnMAAAAWSURBVAiZY2TkEmFgYGBiYGBgYGAAAAGLACMheThXAAAAAElFTkSuQmCCChsKDmltYWdlL2ZpbGVuYW1lEgkKBwoFYS5wbmcKJgoWaW1hZ2Uvb2JqZWN0L2Jib3gveG1pbhIMEgoKCAAAgD4AAAA/PXP3uIUAAAAAAAAA6YrMWQqCAQoaChFpbWFnZS9jbGFzcy9sYWJlbBIFGgMKAQIKZAoNaW1hZ2UvZW5jb2RlZBJTClEKT4lQTkcNChoKAAAADUlIRFIAAAACAAAAAggCAAAA/dSacwAAABZJREFUCJljZOISYWBgYGJgYGBgYAAAAZgAJK8BDFgAAAAASUVORK5CYII7PgvL1gAAAAAAAABNFRrfCtMBCgkKBWVtcHR5EgAKGwoRaW1hZ2UvY2xhc3MvbGFiZWwSBhoECgLoBwpkCg1pbWFnZS9lbmNvZGVkElMKUQpPiVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFklEQVQImWN8wSXCwMDAxMDAwMDAAAANRgEKLKkBrAAAAABJRU5ErkJgggobCg5pbWFnZS9maWxlbmFtZRIJCgcKBWEucG5nCiYKFmltYWdlL29iamVjdC9iYm94L3htaW4SDBIKCggAAIA+AAAAP+1DQno=',
  'base64',
)

/** Where the records begin, and what is in them. */
export const starts = [0, 229, 378, written.length]

/** A record around some content. */
export const framed = (content: Buffer): Buffer => {
  const whole = Buffer.alloc(content.length + 16)
  whole.writeBigUInt64LE(BigInt(content.length), 0)
  whole.writeUInt32LE(maskedCrc(whole.subarray(0, 8)), 8)
  content.copy(whole, 12)
  whole.writeUInt32LE(maskedCrc(content), 12 + content.length)
  return whole
}

export const contentOf = (nth: number): Buffer =>
  Buffer.from(written.subarray((starts[nth] ?? 0) + 12, (starts[nth + 1] ?? 0) - 4))

/** A message of one field of bytes. */
export const field = (nth: number, content: Uint8Array): Buffer => {
  const length: number[] = []
  for (let rest = content.length; ; rest >>>= 7) {
    length.push(rest > 127 ? (rest & 127) | 128 : rest)
    if (rest <= 127) break
  }
  return Buffer.concat([Buffer.from([8 * nth + 2, ...length]), content])
}

export const listOf = {
  bytes: (text: string) => field(1, field(1, Buffer.from(text))),
  floats: (numbers: readonly number[]) => field(2, field(1, Buffer.from(Float32Array.from(numbers).buffer))),
  ints: (numbers: readonly number[]) => field(3, field(1, Buffer.from(numbers))), // each below 128
}

export const png = contentOf(0).subarray(contentOf(0).indexOf('\x89PNG', 'latin1'))

/** An Example of the first picture whose label is this feature. */
export const labelled = (label: Buffer, key = 'image/class/label'): Buffer => {
  const pair = (name: string, feature: Buffer) =>
    field(1, Buffer.concat([field(1, Buffer.from(name)), field(2, feature)]))
  const picture = field(1, field(1, png.subarray(0, png.indexOf('IEND') + 8)))
  return framed(field(1, Buffer.concat([pair('image/encoded', picture), pair(key, label)])))
}

ownCache()

export const whole = {
  'train-00000-of-00002': written,
  'train-00001-of-00002': written,
  'validation-00000-of-00001': written,
}

export const open = (
  files: Record<string, Buffer>,
  { memory, ...more }: Partial<OpenOptions> & TfRecordOptions = {},
) =>
  openData({ folder: scratch(files), seed: 0, ...(memory !== undefined && { memory }), ...more })(
    tfrecord(image(2, 2, 3), 1000, {
      validation: 0,
      normalise: { mean: [0, 0, 0], deviation: [1, 1, 1] },
      ...more,
    }),
  )
