/** Studies: variants by seeds, what they share run once, what is done not run again. */
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import { beforeAll, describe, expect, test } from 'vitest'
import { glyphs } from '../../../src/data/spec.js'
import type { Engine } from '../../../src/engine/engine.js'
import { closedPartial, decode, naturalNumber, share } from '../../../src/io/codec.js'
import { processOf } from '../../../src/io/process-owner.js'
import { constant } from '../../../src/learn/training/learning-rate.js'
import { plot } from '../../../src/report/plot.js'
import { canCross, crossedTables } from '../../../src/report/tables/ablation.js'
import { cutsTable, rowsOf, studyFooter, studyTable } from '../../../src/report/tables/study.js'
import { percent } from '../../../src/report/text/numbers.js'
import { renderMessage } from '../../../src/report/text/render-message.js'
import { experiment } from '../../../src/run/schedule/experiment.js'
import { prune, push, train, untilTarget } from '../../../src/run/schedule/schedule.js'
import { ablation } from '../../../src/run/study/ablation.js'
import { runStudy, type StudyContext, type VariantRun } from '../../../src/run/study/runner.js'
import { type Study, study } from '../../../src/run/study/study.js'
import { available } from '../../support/engines.js'
import { right } from '../../support/nets/surgery.js'
import { tinyData, tinyNet } from '../../support/nets/tiny.js'
import { failure, scratch, succeed } from '../../support/scratch.js'

const [[, engine] = [null, null]] = await available(['wasm', 'cpu'])

const learning = { epochs: 2, batchSize: 9, lrSchedule: constant() }
const base = train(learning)
const cut = (by: 'l1' | 'random') =>
  untilTarget({ keep: { params: 0.6 }, rounds: 2 }, push({ ...learning, fade: null }), prune({ by, cost: 0 }))
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
    readonly data?: StudyContext['data']
    readonly checksum?: string
    readonly threads?: number
  }

  const ran = ({ folder = scratch(), after = Infinity, data = {}, checksum, threads }: Way = {}) => {
    let steps = 0
    const cells: string[] = []
    const env: StudyContext = {
      folder,
      engine: { ...on, threads: threads ?? on.threads },
      datasetOf: () => TE.right({ ...dataset, checksum: checksum ?? dataset.checksum }),
      data,
      observer: {
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

  test('holds what a cut killed against the others', async () => {
    const deadly = prune({ by: 'l1', cost: 0, images: 9, floor: 0, keep: { params: 0.1 } })
    const still = train({ ...learning, epochs: 1, learningRate: 1e-9 })
    const dead = study('dead', { seeds: 1 }, [
      { name: 'dead', experiment: of(train({ ...learning, epochs: 8 }), deadly, still) },
    ])
    const [done] = await succeed(ran().run(dead))
    expect(done?.result.stages.at(-1)?.validation.accuracy).toBeLessThan(0.384)
    expect(done?.result.stages[0]?.validation.accuracy).toBeGreaterThan(0.384)
  })

  const whole = ran()
  let dones: readonly VariantRun[]
  beforeAll(async () => {
    dones = await succeed(whole.run(small))
  })

  test('runs every variant with every seed, and its shape from scratch where asked', () => {
    expect(whole.cells).toEqual(
      [0, 1].flatMap(seed => [`base ${seed}`, `l1 ${seed}`, `l1 from scratch ${seed}`, `random ${seed}`]),
    )
    expect(dones.map(({ scratch }) => scratch !== null)).toEqual([false, true, false, false, true, false])
    for (const { scratch, result } of dones) if (scratch !== null) expect(scratch.params).toBe(result.params)
    for (const { result } of dones) expect(result).not.toHaveProperty('compared')
  })

  test('runs a beginning that variants share once', () => {
    const perEpoch = 4
    const [first, rounds, last, scratch] = [2, 2 * 2, 2, 2 + 2 * 2 + 2]
    expect(whole.steps()).toBe(2 * perEpoch * (first + (rounds + last) + scratch + (rounds + last)))
    expect(readdirSync(join(whole.folder, 'shared')).length).toBe(2)
  })

  test('a variant ends as its experiment does alone', async () => {
    const alone = await succeed(ran().run({ ...small, seeds: 1, variants: small.variants.slice(2) }))
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

  test('with a variant that is another by now, it shows what differs, and touches nothing', async () => {
    const changed: Study = {
      ...small,
      variants: small.variants.map(variant =>
        variant.name === 'random' ? { ...variant, experiment: of(base, cut('l1')) } : variant,
      ),
    }
    const result = join(whole.folder, 'random', '0', 'result.json')
    const before = readFileSync(result)
    const refused = await failure(ran({ folder: whole.folder }).run(changed))
    expect(refused).toMatchObject({
      _tag: 'VariantDiffers',
      folder: join(whole.folder, 'random', '0'),
      differences: [{ at: 'schedule.1.steps.1.by', began: '"random"', now: '"l1"' }, {}],
    })
    expect(renderMessage(refused)).toMatch(
      /, got schedule\.1\.steps\.1\.by "l1" instead of "random", .* instead of .*; try another --out, or delete/,
    )
    expect(readFileSync(result)).toEqual(before)
  })

  test.each<readonly [Way, Way, object, string]>([
    [
      { data: { take: 300 } },
      { data: { take: 200 } },
      { what: 'training images', began: '300', now: '200' },
      '--take 300',
    ],
    [{ data: { take: 300 } }, {}, { what: 'training images', began: '300', now: 'all' }, '--take 300'],
    [
      {},
      { checksum: 'other' },
      { what: 'data checksum', began: 'tiny', now: 'other' },
      'data of checksum tiny',
    ],
    [{ threads: 1 }, { threads: 2 }, { what: 'threads', began: '1', now: '2' }, '--threads 1'],
  ])('goes on with what it began with: %o, not %o', async (before, after, difference, mend) => {
    const folder = scratch()
    const short = { ...small, seeds: 1, variants: small.variants.slice(0, 1) }
    const differs = { _tag: 'RunDiffers', folder: join(folder, 'base', '0'), ...difference }
    expect(await failure(ran({ folder, after: 3, ...before }).run(short))).toEqual({ _tag: 'Interrupted' })
    const refused = await failure(ran({ folder, ...after }).run(short))
    expect(refused).toEqual(differs)
    expect(renderMessage(refused)).toContain(`; try ${mend}`)
    await succeed(ran({ folder, ...before }).run(short))
    const done = ran({ folder, ...after }).run(short)
    if (after.threads === undefined) expect(await failure(done)).toEqual(differs)
    else expect((await succeed(done))[0]?.result.engine.threads).toBe(1)
  })

  test('goes on from no beginning that other threads went through', async () => {
    const folder = scratch()
    const plain = small.variants.map(each => ({ ...each, scratch: false }))
    const one = { ...small, seeds: 1, variants: plain }
    const first = ran({ folder, threads: 1 })
    await succeed(first.run(one))
    const shared = readdirSync(join(folder, 'shared'))
    for (const { name } of plain.slice(1)) rmSync(join(folder, name), { recursive: true })
    const more = ran({ folder, threads: 2 })
    const [base, ...others] = await succeed(more.run(one))
    expect(more.steps()).toBe(first.steps())
    expect(readdirSync(join(folder, 'shared')).length).toBe(2 * shared.length)
    expect(rowsOf([...others, ...(base === undefined ? [] : [base])]).map(({ engine }) => engine)).toEqual(
      [2, 2, 1].map(threads => expect.stringContaining(`on ${threads} thread`)),
    )
  })

  test('has a folder of its own for each variant, inside its own, whatever they are called', async () => {
    const names = ['..', 'a b', 'a_b', '/etc']
    const odd = study(
      'odd',
      { seeds: 1 },
      names.map(name => ({ name, experiment: of(train({ ...learning, epochs: 1 })) })),
    )
    const { folder, run } = ran()
    expect((await succeed(run(odd))).map(({ variant }) => variant.name)).toEqual(names)
    expect(readdirSync(folder).toSorted()).toEqual(['%2E.', '%2Fetc', 'a+b', 'a_b'].toSorted())
  })

  test.each([
    ['twice the same', ['l1', 'l1']],
    ['the same but for case', ['l1', 'L1']],
    ['one as another from scratch', ['l1', 'l1 from scratch']],
  ])('with variants named %s is refused before anything runs', async (_, [first = '', second = '']) => {
    const [variant] = small.variants.slice(1)
    if (variant === undefined) throw new Error('three there are')
    const two = study(
      'two',
      { seeds: 1 },
      [first, second].map(name => ({ ...variant, name })),
    )
    const { folder, run, cells } = ran()
    const refused = await failure(run(two))
    expect(refused).toMatchObject({ _tag: 'SameFolder', study: 'two', second })
    expect(renderMessage(refused)).toContain(` and '${second}'; try names that differ`)
    expect([readdirSync(folder), cells]).toEqual([[], []])
  })

  test('has what its variants were cut to where the cut was in a beginning they share', async () => {
    const pruned = [base, prune({ by: 'l1', keep: { params: 0.6 }, cost: 0 })]
    const late = study('late', { seeds: 1 }, [
      { name: 'one', experiment: of(...pruned, train(learning)) },
      { name: 'two', experiment: of(...pruned, train({ ...learning, learningRate: 0.01 })) },
    ])
    const [one, two] = await succeed(ran().run(late))
    expect(one?.cuts.length).toBe(1)
    expect(two?.cuts).toEqual(one?.cuts)
  })

  test('held by another process waits for nobody', async () => {
    const folder = scratch()
    await failure(ran({ folder, after: 3 }).run(small))
    const { pid, started, host } = processOf(process.ppid)
    writeFileSync(join(folder, 'base', '0', `lock.${pid}.${started}.${host}`), 'held')
    expect(await failure(ran({ folder }).run(small))).toMatchObject({ _tag: 'RunLocked', pid, host })
  })

  test('is told in rows for machines and tables for people', () => {
    const rows = rowsOf(dones)
    const validations = dones.map(({ result: { stages } }) => stages.at(-1)?.validation.accuracy)
    expect(rows.map(({ variant, seed }) => [variant, seed])).toEqual(
      [0, 1].flatMap(seed => ['base', 'l1', 'random'].map(name => [name, seed])),
    )
    for (const row of rows.filter(({ variant }) => variant !== 'base')) {
      expect(row.cuts).toMatchObject([{}, { raw: row.raw, repaired: row.repaired }])
      expect(row.validation).toBeOneOf(validations)
      expect(row.params).toBeLessThan(0.61 * Number(rows[0]?.params))
    }
    expect(rows[0]).not.toHaveProperty('raw')
    const table = studyTable(dones, new Map()).split('\n')
    expect(table.map(line => line.split(' | ').length)).toEqual(table.map(() => 10))
    expect(table[3]).toMatch(/^\| l1 \| \d+ \| .* \| \d+\.\d\d ± \d+\.\d\d \| \d+\.\d\d ± \d+\.\d\d \|$/)
    expect(cutsTable(dones).split('\n').length).toBe(2 + 2)
    expect(rows.map(({ bytes }) => bytes)).toEqual(
      dones.map(
        ({ variant, seed }) =>
          statSync(join(whole.folder, variant.name, `${seed}`, 'model.safetensors')).size,
      ),
    )
  })

  test('says under its tables what their figures were made with, and in its rows where that differs', () => {
    const text = studyFooter(small, dones, on)
    expect(text).toContain('2 seeds, mean ± standard deviation; tiny tiny; ')
    expect(text).toMatch(/; wasm \S+ on \d+ threads?; espalier \d+\.\d+\.\d+ at [0-9a-f]{12}/)
    expect(text).toContain(`images timed with ${on.name} ${on.version} on ${on.threads} thread`)
    expect(studyFooter(small, dones, null)).not.toContain('timed')
    const uncut = dones.filter(({ cuts }) => cuts.length === 0)
    expect([dones, uncut].map(some => studyFooter(small, some, null).includes('right after a cut'))).toEqual([
      true,
      false,
    ])
    expect(rowsOf(dones).some(row => 'engine' in row || 'data' in row || 'code' in row)).toBe(false)

    const [first, ...rest] = dones
    if (first === undefined) throw new Error('six there are')
    const taken = { ...first.result.data, take: 300 }
    const mixed = [{ ...first, result: { ...first.result, data: taken } }, ...rest]
    expect(rowsOf(mixed).map(({ data }) => data)).toEqual([
      'tiny tiny, 300 of its training images',
      ...rest.map(() => 'tiny tiny'),
    ])
    expect(rowsOf(mixed).some(row => 'engine' in row || 'code' in row)).toBe(false)
    expect(studyFooter(small, mixed, null)).toContain('tiny tiny, 300 of its training images or tiny tiny;')
  })

  test('is drawn with a point and its spread for each variant, by size and by cost, and all names', async () => {
    const picture = await succeed(plot('small', dones))
    for (const { name } of small.variants) expect(picture).toContain(`>${name}</text>`)
    const marks = (what: string) => picture.match(new RegExp(`aria-roledescription="${what}"`, 'g'))?.length
    expect([marks('point'), marks('rule mark')]).toEqual([6, 6])
    const uncounted = dones.map(run => ({ ...run, result: { ...run.result, trainingMacs: 0 } }))
    expect((await succeed(plot('small', uncounted))).match(/aria-roledescription="point"/g)?.length).toBe(3)
  })

  test('of an ablation has rows of typed columns', async () => {
    const worth = ablation('worth', {
      net: tinyNet,
      data: glyphs(),
      base,
      epochs: 1,
      trainings: { none: { batchSize: 9, fade: null }, fade: { batchSize: 9 } },
      criteria: ['l1', 'gradientUtility'],
      removed: [0.3],
      repair: base,
      seeds: 1,
      scratch: ['l1'],
    })
    const columns = closedPartial(
      {
        training: t.keyof({ none: null, fade: null }),
        criterion: t.keyof({ l1: null, gradientUtility: null }),
        removed: share,
        seed: naturalNumber,
        params: naturalNumber,
        macs: naturalNumber,
        trainingMacs: naturalNumber,
        bytes: naturalNumber,
        raw: share,
        repaired: share,
        validation: share,
        retrained: share,
      },
      { scratch: share },
    )
    const told = await succeed(ran().run(worth))
    const rows = JSON.parse(JSON.stringify(rowsOf(told)))
    expect(right(decode(t.array(columns))(rows)).map(({ scratch }) => scratch !== undefined)).toEqual([
      true,
      true,
      false,
    ])
    expect(Object.keys(rows[0]).slice(0, 4)).toEqual(['training', 'criterion', 'removed', 'seed'])

    expect([canCross(told), canCross(dones)]).toEqual([true, false])
    const tables = crossedTables(told)
    expect(tables.match(/^## .*$/gm)?.length).toBe(4)
    const lines = tables.match(/^\| (none|fade), .*$/gm) ?? []
    expect(lines.map(line => line.split(' | ')[0])).toEqual(
      [
        ['none, l1', 'fade, l1', 'fade, gradientUtility'],
        ['none, l1', 'fade, l1'],
        ['none, l1', 'fade, l1', 'fade, gradientUtility'],
        ['none, l1', 'fade, l1', 'fade, gradientUtility'],
      ]
        .flat()
        .map(line => `| ${line}`),
    )
    expect(lines[0]).toBe(`| none, l1 | ${percent(rows[0].retrained)} |`)
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

test('an ablation has a variant for each training, criterion and share, losers only where there are any', () => {
  const { variants } = ablation('small', {
    net: tinyNet,
    data: glyphs(),
    base,
    epochs: 1,
    trainings: { none: { fade: null }, fade: {} },
    criteria: ['l1', 'gradientUtility'],
    removed: [0.3, 0.95],
    repair: base,
    scratch: ['gradientUtility'],
  })
  expect(variants.map(({ facts }) => Object.values(facts))).toEqual([
    ['none', 'l1', 0.3],
    ['none', 'l1', 0.95],
    ['fade', 'l1', 0.3],
    ['fade', 'gradientUtility', 0.3],
    ['fade', 'l1', 0.95],
    ['fade', 'gradientUtility', 0.95],
  ])
  expect(variants.map(({ scratch }) => scratch)).toEqual([false, false, false, true, false, true])
})
