/** Recognises image files that end before their content does: a download or a copy that was interrupted. */

const startsWith = (bytes: Uint8Array, text: string, at = 0): boolean =>
  Buffer.from(bytes.subarray(at, at + text.length)).toString('latin1') === text

/** Bytes of a PNG's signature, and of a chunk beside its content: length, type and checksum. */
const [signatureLength, chunkLength] = [8, 12]

/** Whether a PNG ends inside a chunk, or before its last one. */
const isPngCutOff = (bytes: Uint8Array): boolean => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = signatureLength
  while (at + chunkLength <= bytes.length) {
    const next = at + chunkLength + view.getUint32(at)
    if (next > bytes.length) return true
    if (startsWith(bytes, 'IEND', at + 4)) return false
    at = next
  }
  return true
}

/** Whether a WebP is shorter than it says. */
const isWebpCutOff = (bytes: Uint8Array): boolean => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return bytes.length >= 8 && view.getUint32(4, true) + 8 > bytes.length
}

/** What decoders of JPEG, GIF and AVIF say. */
const ended = /premature end|unexpected end|insufficient input/i

/** Whether an image that could not be decoded is cut off; `complaint`: what the decoder said. */
export const isCutOff = (bytes: Uint8Array, complaint: string): boolean => {
  if (startsWith(bytes, '\x89PNG')) return isPngCutOff(bytes)
  if (startsWith(bytes, 'RIFF')) return isWebpCutOff(bytes)
  return ended.test(complaint)
}
