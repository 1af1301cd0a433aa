/** Damaged records are named with their place, or skipped. */
import { readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { maskedCrc } from '../../../../src/data/formats/tfrecord/crc.js'
import { openData } from '../../../../src/data/open.js'
import { evaluationFeed } from '../../../../src/data/pipeline/batches.js'
import { tfrecord } from '../../../../src/data/spec.js'
import { image } from '../../../../src/net/words/leaves.js'
import { failure, scratch, succeed } from '../../../support/scratch.js'
import { contentOf, framed, open, starts, whole, written } from './records.js'

describe('damaged records', () => {
  test('a truncated shard is named with the record and offset', async () => {
    for (const length of [5, 100, 228, 400, written.length - 1]) {
      const fact = await failure(open({ ...whole, 'train-00001-of-00002': written.subarray(0, length) }))
      const nth = starts.findIndex((start, at) => start <= length && length < (starts[at + 1] ?? 0))
      expect(fact).toMatchObject({ _tag: 'Truncated', entry: `record ${nth}`, offset: length })
      expect('file' in fact && fact.file).toMatch(/train-00001-of-00002$/)
      const begin = starts[nth] ?? 0
      const end = length < begin + 12 ? begin + 12 : starts[nth + 1]
      expect(fact).toMatchObject({ expected: end })
    }
  })

  test('any flipped bit is found', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: written.length - 1 }),
        fc.integer({ min: 0, max: 7 }),
        async (at, bit) => {
          const damaged = Buffer.from(written)
          damaged[at] = (damaged[at] ?? 0) ^ (1 << bit)
          const fact = await failure(open({ ...whole, 'train-00000-of-00002': damaged }))
          expect(fact).toMatchObject({ _tag: 'BadValue' })
          expect('entry' in fact && fact.entry).toBe(`record ${starts.findLastIndex(start => start <= at)}`)
        },
      ),
      { numRuns: 60 },
    )
  })

  test('an excessive length is refused before memory is allocated', async () => {
    const header = Buffer.alloc(12)
    header.writeBigUInt64LE(2n ** 50n, 0)
    header.writeUInt32LE(maskedCrc(header.subarray(0, 8)), 8)
    const before = process.memoryUsage().arrayBuffers
    expect(await failure(open({ ...whole, 'train-00000-of-00002': header }))).toMatchObject({
      _tag: 'BadValue',
      what: 'length of the record',
      got: 2 ** 50,
      offset: 0,
    })
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 23)
  })

  test('with skipBad bad records are listed and skipped', async () => {
    const noImage = contentOf(1)
    noImage.write('XXXX', noImage.indexOf('PNG'))
    const wrongSum = framed(contentOf(0))
    wrongSum[40] = 0
    const shard = Buffer.concat([wrongSum, framed(noImage), framed(contentOf(2)), written.subarray(0, 100)])
    const folder = scratch({ ...whole, 'train-00000-of-00002': shard })
    const spec = tfrecord(image(2, 2, 3), 1000, { validation: 0 })
    for (let nth = 0; nth < 2; nth++) {
      const data = await succeed(openData({ folder, seed: 0, skipBad: true })(spec))
      expect(data.skipped.map(({ _tag }) => _tag)).toEqual(['BadValue', 'Truncated', 'NotAnImage'])
      expect(data.train.size).toBe(4)
    }
    expect(await failure(openData({ folder, seed: 0 })(spec))).toMatchObject({ _tag: 'BadValue' })
  })

  test('a record that changed since it was indexed is found when it is read', async () => {
    const folder = scratch(whole)
    const data = await succeed(openData({ folder, seed: 0, memory: 10 })(tfrecord(image(2, 2, 3), 1000)))
    const damaged = Buffer.from(readFileSync(join(folder, 'validation-00000-of-00001')))
    damaged[50] = 0
    writeFileSync(join(folder, 'validation-00000-of-00001'), damaged)
    const batch = () => evaluationFeed(data, data.test, { batch: 3 }).batch(0, 0)
    await expect(batch()).rejects.toMatchObject({ fact: { _tag: 'BadValue', entry: 'record 0' } })
    truncateSync(join(folder, 'validation-00000-of-00001'), 20)
    await expect(batch()).rejects.toMatchObject({ fact: { _tag: 'Truncated' } })
  })
})
