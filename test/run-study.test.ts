/** Studies: entrants by seeds, what they share run once, what is done not run again. */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { beforeAll, describe, expect, test } from 'vitest'
import { glyphs } from '../src/data/spec.js'
import type { Engine } from '../src/engine/engine.js'
import { constant } from '../src/learn/rate.js'
import { cutsTable, rowOf, studyTable } from '../src/report/study.js'
import { ablation } from '../src/run/ablation.js'
import { experiment } from '../src/run/experiment.js'
import { prune, push, train, untilTarget } from '../src/run/schedule.js'
import { type Study, study } from '../src/run/study.js'
import { type Done, runStudy, type StudyEnv } from '../src/run/studying.js'
import { available } from './engines.js'
import { failure, scratch, succeed } from './scratch.js'
import { tinyData, tinyNet } from './tiny.js'

const [[, engine] = [null, null]] = await available(['wasm', 'cpu'])

const learning = { epochs: 2, batch: 9, schedule: constant() }
const base = train(learning)
const cut = (by: 'l1' | 'random') =>
  untilTarget(
    { keep: { params: 0.6 }, rounds: 2 },
    push({ ...learning, losers: null }),
    prune({ by, cost: 0 }),
  )
const of = (...steps: Parameters<typeof experiment>[2][]) => experiment(tinyNet, glyphs(), ...steps)

const small = study('small', { seeds: 2 }, [
  { name: 'base', experiment: of(base) },
  { name: 'l1', experiment: of(base, cut('l1'), train(learning)), scratch: true },
  { name: 'random', experiment: of(base, cut('random'), train(learning)) },
])

describe.runIf(engine !== null)('a study', () => {
  const on = engine as Engine // runIf has looked
  const dataset = tinyData()

  interface Way {
    readonly folder?: string
    /** Steps of training after which somebody asks to stop. */
    readonly after?: number
  }

  const ran = ({ folder = scratch(), after = Infinity }: Way = {}) => {
    let steps = 0
    const cells: string[] = []
    const env: StudyEnv = {
      folder,
      engine: on,
      datasetOf: () => TE.right(dataset),
      data: {},
      onlooker: {
        onEvent: () => undefined,
        onStep: () => {
          steps++
        },
        stopping: () => steps >= after,
      },
      onCell: (name, seed, done) => cells.push(`${name} ${seed}${done ? ' done' : ''}`),
    }
    return { folder, cells, run: runStudy(env), steps: () => steps }
  }

  const whole = ran()
  let dones: readonly Done[]
  beforeAll(async () => {
    dones = await succeed(whole.run(small))
  })

  test('runs every entrant with every seed, and its shape from scratch where asked', () => {
    expect(whole.cells).toEqual(
      [0, 1].flatMap(seed => [`base ${seed}`, `l1 ${seed}`, `l1 from scratch ${seed}`, `random ${seed}`]),
    )
    expect(dones.map(({ scratch }) => scratch !== null)).toEqual([false, true, false, false, true, false])
    for (const { scratch, result } of dones) if (scratch !== null) expect(scratch.params).toBe(result.params)
    for (const { result } of dones) expect(result).not.toHaveProperty('compared')
  })

  test('runs a beginning that entrants share once', () => {
    const perEpoch = 4
    const [first, rounds, last, scratch] = [2, 2 * 2, 2, 2 + 2 * 2 + 2]
    expect(whole.steps()).toBe(2 * perEpoch * (first + (rounds + last) + scratch + (rounds + last)))
    expect(readdirSync(join(whole.folder, 'shared')).length).toBe(2)
  })

  test('an entrant ends as its experiment does alone', async () => {
    const alone = await succeed(ran().run({ ...small, seeds: 1, entrants: small.entrants.slice(2) }))
    expect(alone[0]?.model).toEqual(dones[2]?.model)
    expect(alone[0]?.cuts).toEqual(dones[2]?.cuts)
  })

  test('stopped and run again, it ends the same, and does nothing twice', async () => {
    const torn = ran({ after: 40 })
    expect(await failure(torn.run(small))).toEqual({ _tag: 'Interrupted' })
    const further = ran({ folder: torn.folder })
    const again = await succeed(further.run(small))
    expect(again.map(({ model }) => model)).toEqual(dones.map(({ model }) => model))
    expect(torn.steps() + further.steps()).toBe(whole.steps())
    const third = ran({ folder: torn.folder })
    await succeed(third.run(small))
    expect([third.steps(), third.cells.every(cell => cell.endsWith(' done'))]).toEqual([0, true])
  })

  test('with an entrant that is another by now, it shows what differs, and touches nothing', async () => {
    const changed: Study = {
      ...small,
      entrants: small.entrants.map(entrant =>
        entrant.name === 'random' ? { ...entrant, experiment: of(base, cut('l1')) } : entrant,
      ),
    }
    const result = join(whole.folder, 'random', '0', 'result.json')
    const before = readFileSync(result)
    expect(await failure(ran({ folder: whole.folder }).run(changed))).toMatchObject({
      _tag: 'ExperimentDiffers',
      folder: join(whole.folder, 'random', '0'),
      differences: [{ at: 'schedule.1.steps.1.by', began: '"random"', now: '"l1"' }, {}],
    })
    expect(readFileSync(result)).toEqual(before)
  })

  test('is told in rows for machines and tables for people', () => {
    const rows = dones.map(rowOf)
    const validations = dones.map(({ result: { stages } }) => stages.at(-1)?.validation.accuracy)
    expect(rows.map(({ entrant, seed }) => [entrant, seed])).toEqual(
      [0, 1].flatMap(seed => ['base', 'l1', 'random'].map(name => [name, seed])),
    )
    for (const row of rows.filter(({ entrant }) => entrant !== 'base')) {
      expect(row.cuts).toMatchObject([{}, { raw: row.raw, repaired: row.repaired }])
      expect(row.validation).toBeOneOf(validations)
      expect(row.params).toBeLessThan(0.61 * Number(rows[0]?.params))
    }
    expect(rows[0]).not.toHaveProperty('raw')
    const table = studyTable(dones, new Map()).split('\n')
    expect(table.map(line => line.split(' | ').length)).toEqual(table.map(() => 9))
    expect(table[3]).toMatch(/^\| l1 \| \d+ \| .* \| \d+\.\d\d ± \d+\.\d\d \| \d+\.\d\d ± \d+\.\d\d \|$/)
    expect(cutsTable(dones).split('\n').length).toBe(2 + 2)
  })

  test('whose shared files are gone runs what is left of it all the same', async () => {
    const torn = ran({ after: 40 })
    expect(await failure(torn.run(small))).toEqual({ _tag: 'Interrupted' })
    rmSync(join(torn.folder, 'shared'), { recursive: true })
    expect(existsSync(join(torn.folder, 'shared'))).toBe(false)
    const again = await succeed(ran({ folder: torn.folder }).run(small))
    expect(again.map(({ model }) => model)).toEqual(dones.map(({ model }) => model))
  })
})

test('an ablation has an entrant for each training, criterion and share, losers only where there are any', () => {
  const { entrants } = ablation('small', {
    net: tinyNet,
    data: glyphs(),
    base,
    epochs: 1,
    trainings: { none: { losers: null }, losers: {} },
    criteria: ['l1', 'losers'],
    removed: [0.3, 0.95],
    repair: base,
    scratch: ['losers'],
  })
  expect(entrants.map(({ facts }) => Object.values(facts))).toEqual([
    ['none', 'l1', 0.3],
    ['none', 'l1', 0.95],
    ['losers', 'l1', 0.3],
    ['losers', 'losers', 0.3],
    ['losers', 'l1', 0.95],
    ['losers', 'losers', 0.95],
  ])
  expect(entrants.map(({ scratch }) => scratch)).toEqual([false, false, false, true, false, true])
})
