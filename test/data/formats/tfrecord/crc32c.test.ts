/** The checksum of records. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { crc32c } from '../../../../src/data/formats/tfrecord/crc.js'

describe('crc32c', () => {
  test('equals the published values', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283)
    expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa) // RFC 3720, B.4
    expect(crc32c(Buffer.alloc(32, 0xff))).toBe(0x62a8ab43)
    expect(crc32c(Buffer.alloc(0))).toBe(0)
  })

  test('the sliced computation equals the bytewise one', () => {
    const slow = (bytes: Uint8Array) => {
      let sum = 0xffffffff
      for (const byte of bytes) {
        sum ^= byte
        for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0x82f63b78 : 0)
      }
      return ~sum >>> 0
    }
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 60, size: 'max' }),
        bytes => crc32c(Buffer.from(bytes)) === slow(bytes),
      ),
    )
  })
})
