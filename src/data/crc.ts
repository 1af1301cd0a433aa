/** CRC-32C, the sum that guards TFRecord. Source  Castagnoli et al. 1993; eight tables at once after Kounavis, Berry 2005 */

/** For each of eight bytes ahead, what each of its values adds to the sum. */
const tables: readonly Uint32Array[] = (() => {
  const step = (value: number) => (value >>> 1) ^ (value & 1 ? 0x82f63b78 : 0)
  const first = Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte
    for (let bit = 0; bit < 8; bit++) value = step(value)
    return value
  })
  const all = [first]
  for (let ahead = 1; ahead < 8; ahead++)
    all.push((all[ahead - 1] ?? first).map(value => (value >>> 8) ^ (first[value & 255] ?? 0)))
  return all
})()

const [t0, t1, t2, t3, t4, t5, t6, t7] = tables as [
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
] // eight were made above

/** The sum of some bytes. */
export const crc32c = (bytes: Buffer): number => {
  let sum = 0xffffffff
  let at = 0
  for (; at + 8 <= bytes.length; at += 8) {
    const low = (sum ^ bytes.readUInt32LE(at)) >>> 0
    const high = bytes.readUInt32LE(at + 4)
    sum =
      (t7[low & 255] ?? 0) ^
      (t6[(low >>> 8) & 255] ?? 0) ^
      (t5[(low >>> 16) & 255] ?? 0) ^
      (t4[low >>> 24] ?? 0) ^
      (t3[high & 255] ?? 0) ^
      (t2[(high >>> 8) & 255] ?? 0) ^
      (t1[(high >>> 16) & 255] ?? 0) ^
      (t0[high >>> 24] ?? 0)
  }
  for (; at < bytes.length; at++) sum = (sum >>> 8) ^ (t0[(sum ^ (bytes[at] ?? 0)) & 255] ?? 0)
  return ~sum >>> 0
}

/** As TFRecord stores it: turned by 15 bits and moved on, so that sums of sums stay apart. */
export const maskedCrc = (bytes: Buffer): number => {
  const sum = crc32c(bytes)
  return (((sum >>> 15) | (sum << 17)) + 0xa282ead8) >>> 0
}
