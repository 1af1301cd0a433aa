/** CRC-32C, the checksum of TFRecord. Source  Castagnoli et al. 1993; eight bytes at once after Kounavis, Berry 2005 */

/** What each byte adds to the checksum when 0, 1, … 7 more bytes follow: 256 numbers each. */
const table: Int32Array = (() => {
  const all = new Int32Array(8 * 256)
  for (let byte = 0; byte < 256; byte++) {
    let value = byte
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0x82f63b78 : 0)
    all[byte] = value
  }
  for (let at = 256; at < all.length; at++) {
    const before = all[at - 256] ?? 0
    all[at] = (before >>> 8) ^ (all[before & 255] ?? 0)
  }
  return all
})()

/** The checksum of some bytes. */
export const crc32c = (bytes: Buffer): number => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const { length } = bytes
  let sum = -1
  let at = 0
  for (; at + 8 <= length; at += 8) {
    const low = sum ^ view.getInt32(at, true)
    const high = view.getInt32(at + 4, true)
    sum =
      (table[0x700 | (low & 255)] ?? 0) ^
      (table[0x600 | ((low >>> 8) & 255)] ?? 0) ^
      (table[0x500 | ((low >>> 16) & 255)] ?? 0) ^
      (table[0x400 | (low >>> 24)] ?? 0) ^
      (table[0x300 | (high & 255)] ?? 0) ^
      (table[0x200 | ((high >>> 8) & 255)] ?? 0) ^
      (table[0x100 | ((high >>> 16) & 255)] ?? 0) ^
      (table[high >>> 24] ?? 0)
  }
  for (; at < length; at++) sum = (sum >>> 8) ^ (table[(sum ^ (bytes[at] ?? 0)) & 255] ?? 0)
  return ~sum >>> 0
}

/** The masked form in TFRecord: rotated by 15 bits and offset, since data may itself hold checksums. */
export const maskedCrc = (bytes: Buffer): number => {
  const sum = crc32c(bytes)
  return (((sum >>> 15) | (sum << 17)) + 0xa282ead8) >>> 0
}
