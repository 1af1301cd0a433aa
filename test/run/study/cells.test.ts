/** The cells of a study: an index space whose cells are named by what they compute, and run in any order. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { describe, expect, test } from 'vitest'
import { inParallel } from '../../../src/cli/study/jobs.js'
import { glyphs } from '../../../src/data/spec.js'
import type { Engine } from '../../../src/engine/engine.js'
import { writeOnce } from '../../../src/io/files.js'
import { constant } from '../../../src/learn/training/learning-rate.js'
import { renderMessage } from '../../../src/report/text/render-message.js'
import { experiment } from '../../../src/run/schedule/experiment.js'
import { prune, train } from '../../../src/run/schedule/schedule.js'
import { type Settings, settingsOf } from '../../../src/run/storage/settings.js'
import { agreeOnData, agreeOnStudy, restateStudy } from '../../../src/run/study/agreement.js'
import { addressOf, type Cell, cellsOf, nextCell } from '../../../src/run/study/cells.js'
import { cellsFolder, publishOutcome } from '../../../src/run/study/outcome.js'
import { runCell, runStudy, type StudyContext } from '../../../src/run/study/runner.js'
import { type Study, study } from '../../../src/run/study/study.js'
import { available } from '../../support/engines.js'
import { tinyData, tinyNet } from '../../support/nets/tiny.js'
import { failure, scratch, succeed } from '../../support/scratch.js'

const [[, engine] = [null, null]] = await available(['wasm', 'cpu'])

const learning = { epochs: 1, batchSize: 9, lrSchedule: constant() }
const of = (...steps: Parameters<typeof experiment>[2][]) => experiment(tinyNet, glyphs(), ...steps)
const base = train(learning)
const small = study('small', { seeds: 2 }, [
  { name: 'base', experiment: of(base) },
  { name: 'cut', experiment: of(base, prune({ by: 'l1', keep: { params: 0.7 }, cost: 0 })), scratch: true },
])

const sized = (seeds: number, variants: number): Study =>
  study(
    'sized',
    { seeds },
    Array.from({ length: variants }, (_, nth) => ({ name: `${nth}`, experiment: of(base) })),
  )

const sizes = [fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })] as const

test('every variant with every seed has one number, from 0, seed after seed', () => {
  fc.assert(
    fc.property(...sizes, (seeds, variants) => {
      const cells = cellsOf(sized(seeds, variants))
      expect(cells.map(({ index }) => index)).toEqual(Array.from({ length: seeds * variants }, (_, n) => n))
      expect(cells.map(({ seed, variant }) => seed * variants + Number(variant.name))).toEqual(
        cells.map(({ index }) => index),
      )
    }),
  )
})

test('no cell waits while one of a seed that none is at could begin', () => {
  fc.assert(
    fc.property(...sizes, fc.array(fc.nat(80)), (seeds, variants, taken) => {
      const cells = cellsOf(sized(seeds, variants))
      const running = cells.filter(({ index }) => taken.includes(index))
      const pending = cells.filter(cell => !running.includes(cell))
      const next = nextCell(pending, running)
      const idle = pending.filter(({ seed }) => !running.some(other => other.seed === seed))
      expect(next).toBe(idle[0] ?? pending[0])
    }),
  )
})

test('in parallel each cell is run once, no more at a time than asked, and none is begun after a failure', async () => {
  await fc.assert(
    fc.asyncProperty(
      ...sizes,
      fc.integer({ min: 1, max: 5 }),
      fc.nat(80),
      async (seeds, variants, jobs, bad) => {
        const cells = cellsOf(sized(seeds, variants))
        const begun: Cell[] = []
        let [now, most] = [0, 0]
        const failed = await inParallel(
          cells,
          jobs,
          () => false,
          async cell => {
            begun.push(cell)
            most = Math.max(most, ++now)
            await new Promise(setImmediate)
            now--
            return cell.index !== bad
          },
        )
        expect(new Set(begun).size).toBe(begun.length)
        expect(most).toBeLessThanOrEqual(jobs)
        expect(failed.map(({ index }) => index)).toEqual(bad < cells.length ? [bad] : [])
        if (bad >= cells.length) expect(begun.length).toBe(cells.length)
        else expect(begun.length).toBeLessThan(begun.findIndex(({ index }) => index === bad) + 1 + jobs)
      },
    ),
    { numRuns: 30 },
  )
})

test('a file that is written once is whole, and the first of several', async () => {
  const file = join(scratch(), 'once.json')
  const texts = Array.from({ length: 5 }, (_, nth) => `${nth}`.repeat(100_000))
  const first = await Promise.all(texts.map(text => succeed(writeOnce(file, text))))
  expect(first.filter(isFirst => isFirst).length).toBe(1)
  expect(readFileSync(file, 'utf8') === texts[first.indexOf(true)]).toBe(true)
  expect(readdirSync(join(file, '..'))).toEqual(['once.json'])
})

describe.runIf(engine !== null)('a cell', () => {
  const on = engine as Engine // runIf has looked
  const dataset = tinyData()

  const contextIn = (folder: string, onStep = (): void => undefined): StudyContext => ({
    folder,
    engine: on,
    datasetOf: () => TE.right(dataset),
    data: {},
    observer: { onEvent: () => undefined, onStep, stopping: () => false },
    onCell: () => undefined,
  })

  const cell = (context: StudyContext) => (one: Cell) =>
    pipe(runCell(context, small)(one), TE.tap(publishOutcome(context.folder)))

  test('run by itself, in any order, comes to what the study comes to, under the same address', async () => {
    const [whole, apart] = [scratch(), scratch()]
    const runs = await succeed(runStudy(contextIn(whole))(small))
    await succeed(TE.traverseSeqArray(publishOutcome(whole))(runs))
    const backwards = await succeed(TE.traverseSeqArray(cell(contextIn(apart)))(cellsOf(small).toReversed()))
    expect(backwards.map(({ model }) => model).toReversed()).toEqual(runs.map(({ model }) => model))
    const outcomes = (folder: string) =>
      readdirSync(cellsFolder(folder))
        .toSorted()
        .map(name => [name, readFileSync(join(cellsFolder(folder), name), 'utf8')])
    expect(outcomes(whole).length).toBe(4)
    expect(outcomes(apart)).toEqual(outcomes(whole))
  })

  test('that was run before is not run again, and one that came to something else is told', async () => {
    const folder = scratch()
    const [first] = cellsOf(small)
    if (first === undefined) throw new Error('four there are')
    let steps = 0
    const run = cell(contextIn(folder, () => void steps++))(first)
    await succeed(run)
    const before = steps
    await succeed(run)
    expect(steps).toBe(before)
    const [file = ''] = readdirSync(cellsFolder(folder)).map(name => join(cellsFolder(folder), name))
    const text = readFileSync(file, 'utf8')
    writeFileSync(file, text.replace(/"model": "...../, '"model": "00000'))
    const error = await failure(run)
    expect(error).toMatchObject({ _tag: 'CellDiffers', file })
    expect(renderMessage(error)).toMatch(/expected the model 00000.* again, got .*; the first result stays/)
  })

  test('has another address with another experiment, seed, engine, data or code, and none by where it is run', () => {
    const settings = settingsOf(0, on, dataset, {})
    const address = addressOf(of(base), false, settings)
    const others: readonly Settings[] = [
      { ...settings, seed: 1 },
      { ...settings, engine: { ...settings.engine, threads: 77 } },
      { ...settings, engine: { ...settings.engine, version: 'other' } },
      { ...settings, data: { ...settings.data, checksum: 'other' } },
      { ...settings, data: { ...settings.data, take: 3 } },
      { ...settings, code: { ...settings.code, commit: 'other' } },
    ]
    const addresses = [
      address,
      ...others.map(other => addressOf(of(base), false, other)),
      addressOf(of(base), true, settings),
      addressOf(of(train({ ...learning, epochs: 2 })), false, settings),
    ]
    expect(new Set(addresses).size).toBe(addresses.length)
    expect(
      addressOf(of(base), false, {
        ...settings,
        module: '/else.ts',
        data: { ...settings.data, folder: '/x' },
      }),
    ).toBe(address)
  })

  const changed: readonly (readonly [string, Study, Partial<Engine>, RegExp])[] = [
    ['seeds', { ...small, seeds: 3 }, {}, /expected seeds 2, .*, got 3; try the same study file/],
    [
      'a net',
      { ...small, variants: small.variants.map(each => ({ ...each, experiment: of(train()) })) },
      {},
      /expected variant 'base' .*, got .*; try the same study file/,
    ],
    ['a variant', { ...small, variants: small.variants.slice(0, 1) }, {}, /variant 'cut' .*, got none/],
    ['threads', small, { threads: 77 }, /expected threads \d+, .*, got 77; try --threads/],
    ['an engine', small, { name: 'cpu', version: '0' }, /expected engine .*; try --engine/],
  ]

  test.each(changed)('of a study with other %s is refused in one line', async (_, other, differs, line) => {
    const folder = scratch()
    const named: Engine = { ...on, name: 'wasm' }
    const agreed = await succeed(agreeOnStudy(folder, small, named))
    expect(await succeed(agreeOnStudy(folder, small, named))).toEqual(agreed)
    const error = await failure(agreeOnStudy(folder, other, { ...named, ...differs }))
    expect(error._tag).toBe('StudyDiffers')
    expect(renderMessage(error)).toMatch(line)
  })

  test('of other code or data is refused in one line, until the study is stated anew', async () => {
    const folder = scratch()
    await succeed(agreeOnStudy(folder, small, on))
    const file = join(cellsFolder(folder), 'study.json')
    writeFileSync(file, readFileSync(file, 'utf8').replace(/"code": "/, '"code": "0.0.0 and '))
    const error = await failure(agreeOnStudy(folder, small, on))
    expect(renderMessage(error)).toMatch(
      /expected code 0\.0\.0 and .*; try version 0\.0\.0 and .* of espalier/,
    )
    await succeed(restateStudy(folder, small, on))
    await succeed(agreeOnStudy(folder, small, on))
    const agree = agreeOnData(folder, of(base), {})
    await succeed(agree(dataset))
    const other = await failure(agree({ ...dataset, checksum: 'other' }))
    expect(renderMessage(other)).toMatch(
      /expected data checksum tiny, .*, got other; try the data that they have/,
    )
  })
})
