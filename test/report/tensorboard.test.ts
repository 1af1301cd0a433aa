/** TensorBoard's event files: what the log says, read back by TensorBoard itself, and nothing twice. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { crc32c } from '../../src/data/formats/tfrecord/crc.js'
import { encodeRecord } from '../../src/data/formats/tfrecord/record.js'
import { tensorBoard } from '../../src/report/tensorboard/board.js'
import { holdEvents } from '../../src/report/tensorboard/event-file.js'
import { histogram } from '../../src/report/tensorboard/histogram.js'
import { correlationsOf, fileVersion, summariesOf } from '../../src/report/tensorboard/summaries.js'
import { countEvents, type Measure, measuresOf } from '../../src/report/tracking/measures.js'
import type { RunEvent } from '../../src/run/events.js'
import { readLog } from '../../src/run/review/read-log.js'
import { folderAt } from '../../src/run/storage/folder.js'
import { right } from '../support/nets/surgery.js'
import { hasModule, runPython } from '../support/programs/python.js'
import { record } from '../support/recording.js'
import { scratch, succeed } from '../support/scratch.js'

const refuse = (fault: unknown): never => {
  throw new Error(JSON.stringify(fault))
}

/** A run that was stopped in a push, and then resumed; and one that was not. */
let stopped = ''
let whole = ''

beforeAll(async () => {
  whole = (await record(tensorBoard(refuse))).folder
  const first = await record(tensorBoard(refuse), { after: 17 })
  expect(first.outcome).toBe('Interrupted')
  stopped = first.folder
  await record(tensorBoard(refuse), { folder: stopped })
})

const logOf = async (folder: string): Promise<readonly RunEvent[]> =>
  (await succeed(readLog(folderAt(folder).events))).events

/** The contents of records, without the moments at the beginning of each. */
const recordsIn = (bytes: Buffer): readonly string[] => {
  const found: string[] = []
  for (let at = 0; at < bytes.length; ) {
    const length = Number(bytes.readBigUInt64LE(at))
    found.push(bytes.subarray(at + 12 + 9, at + 12 + length).toString('hex'))
    at += 16 + length
  }
  return found
}

const boardOf = (folder: string): Buffer => readFileSync(folderAt(folder).board)

test('a run that was stopped and resumed has the event file of one that was not', () => {
  expect(recordsIn(boardOf(stopped)).length).toBeGreaterThan(8)
  expect(recordsIn(boardOf(stopped))).toEqual(recordsIn(boardOf(whole)))
})

test('whatever the file held, it holds the events of the log once, in their order', async () => {
  const events = summariesOf(await logOf(whole))
  const bytes = boardOf(whole)
  const file = join(scratch(), 'events')
  const garbage = fc.uint8Array({ maxLength: 40 })
  fc.assert(
    fc.property(fc.nat(bytes.length), garbage, fc.boolean(), (kept, more, twice) => {
      writeFileSync(file, Buffer.concat([bytes.subarray(0, kept), twice ? bytes : more]))
      right(holdEvents(file, events))
      expect(recordsIn(readFileSync(file))).toEqual(recordsIn(bytes))
    }),
    { numRuns: 50 },
  )
})

test('what stays in the file keeps the moment at which it was written', async () => {
  const events = summariesOf(await logOf(whole))
  const [file, bytes] = [join(scratch(), 'events'), boardOf(whole)]
  writeFileSync(file, bytes)
  right(holdEvents(file, events))
  expect(readFileSync(file).equals(bytes)).toBe(true)
})

test('no measure of a run has a step twice', async () => {
  const measures = countEvents(await logOf(whole)).flatMap(measuresOf)
  const keys = measures.map(({ tag, step }) => `${tag} ${step}`)
  expect(new Set(keys).size).toBe(keys.length)
  expect(keys).toContain('learning_rate 8')
  expect(keys).toContain('cut/parameters 2')
})

test('a file that cannot be written is told of once, and the run goes on', async () => {
  const faults: unknown[] = []
  const recorder = tensorBoard(fault => faults.push(fault))
  const blocked = {
    ...recorder,
    begin: (run: Parameters<typeof recorder.begin>[0], events: readonly RunEvent[]) =>
      recorder.begin(
        { ...run, folder: { ...run.folder, board: join(run.folder.path, 'none', 'events') } },
        events,
      ),
  }
  expect((await record(blocked)).outcome).toBe('done')
  expect(faults).toMatchObject([{ _tag: 'BoardFailed', fault: { _tag: 'FileMissing' } }])
})

test('a histogram counts each value once, in buckets up to its greatest', () => {
  const values = fc.array(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 1, maxLength: 50 })
  fc.assert(
    fc.property(values, all => {
      const { bucket, bucketLimit, num, min, max, sum } = histogram(all)
      expect(bucket.reduce((a, b) => a + b)).toBe(num)
      expect([num, min, max]).toEqual([all.length, Math.min(...all), Math.max(...all)])
      expect(bucketLimit.at(-1)).toBe(max)
      expect(sum).toBeCloseTo(
        all.reduce((a, b) => a + b),
        3,
      )
      for (const [nth, limit] of bucketLimit.entries())
        expect(limit).toBeGreaterThanOrEqual(bucketLimit[nth - 1] ?? min)
    }),
  )
})

test('a record has the checksum that Castagnoli published', () => {
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283)
  expect(encodeRecord(Buffer.from('abc')).length).toBe(19)
})

/** Without TensorFlow, which TensorBoard would load where it is. */
const script = `
import json, sys, types
sys.modules['tensorboard.compat.notf'] = types.ModuleType('notf')
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
all = EventAccumulator(sys.argv[1], {'scalars': 0, 'histograms': 0, 'images': 0})
all.Reload()
tags = all.Tags()
print(json.dumps({
  'scalars': [[tag, e.step, e.value] for tag in tags['scalars'] for e in all.Scalars(tag)],
  'histograms': [[tag, e.step, e.histogram_value.num] for tag in tags['histograms'] for e in all.Histograms(tag)],
  'images': [[tag, e.step, e.width, e.height] for tag in tags['images'] for e in all.Images(tag)],
}))`

type Row = readonly [tag: string, step: number, ...figures: number[]]

const byTag = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const rowsOf = (measures: readonly Measure[]): readonly Row[] =>
  measures
    .map(({ tag, step, value }): Row => [tag, step, Math.fround(value)])
    .toSorted(([a, m], [b, n]) => byTag(a, b) || m - n)

const hasTensorBoard = hasModule('tensorboard')
if (!hasTensorBoard) console.warn('skipped: ESPALIER_PYTHON has no tensorboard')

describe.runIf(hasTensorBoard)('TensorBoard', () => {
  const read = (folder: string): Readonly<Record<'scalars' | 'histograms' | 'images', readonly Row[]>> =>
    JSON.parse(runPython(script, folder).trim().split('\n').at(-1) ?? '')

  test('reads of a resumed run what its log says: scalars, and histograms of utilities', async () => {
    const { scalars, histograms } = read(stopped)
    const events = await logOf(stopped)
    const measures = countEvents(events).flatMap(measuresOf)
    expect(scalars.toSorted(([a, m], [b, n]) => byTag(a, b) || m - n)).toEqual(rowsOf(measures))
    const ranked = events.filter(event => event._tag === 'ranked')
    const utilities = ranked.flatMap(({ layers }) => layers.flatMap(({ utility }) => utility))
    expect(histograms.reduce((sum, [, , num = 0]) => sum + num, 0)).toBe(
      utilities.filter(each => each !== null).length,
    )
  })

  test('reads the features that each push began and ended with, as images', async () => {
    const measured = countEvents(await logOf(stopped)).flatMap(([{ epochs }, event]) =>
      event._tag === 'featuresMeasured' ? [[epochs, event] as const] : [],
    )
    expect(measured.map(([, { pushed }]) => pushed)).toEqual([false, true, true])
    expect(read(stopped).images.toSorted(([, m], [, n]) => m - n)).toEqual(
      measured.map(([epochs, { net, size }]) => [`correlation/${net}`, epochs, size, size]),
    )
  })

  test('reads zeros, and images with their size', () => {
    const folder = scratch()
    const zero = { step: 1, summary: { value: [{ tag: 'zero', simpleValue: 0 }] } }
    const features = { net: 'at the end', size: 3, separation: [], correlation: 'iVBORw0KGgo=' }
    const events = [fileVersion, zero, ...correlationsOf(7, [features])]
    right(holdEvents(folderAt(folder).board, events))
    expect(read(folder)).toEqual({
      scalars: [['zero', 1, 0]],
      histograms: [],
      images: [['correlation/at the end', 7, 3, 3]],
    })
  })
})
