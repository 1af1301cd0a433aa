/** Studies from the command line: cells in processes of their own, or some seeds at a time. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Ended, espalier, expectRefusedAtOnce, root } from '../support/programs/command.js'
import { scratch } from '../support/scratch.js'

const file = join(
  scratch({
    'package.json': '{ "type": "module" }',
    'some.ts': `import { convBnAct, dense, experiment, globalAvgPool, glyphs, image, net, prune, study, train } from '${root}/src/index.js'
const small = net('small', image(28, 28, 1), convBnAct(4, 3, { stride: 4 }), convBnAct(4), globalAvgPool, dense(10))
const of = (...steps) => experiment(small, glyphs({ train: 100, test: 20 }), ...steps)
const base = train({ epochs: 2, batchSize: 30 })
export default study('some', { seeds: 3 }, [
  { name: 'base', experiment: of(base) },
  { name: 'cut', experiment: of(base, prune({ by: 'l1', keep: { params: 0.7 } })) },
])
`,
  }),
  'some.ts',
)

const compared = (folder: string, ...more: readonly string[]): Promise<Ended> =>
  espalier([
    ...['compare', file, '--engine', 'wasm', '--threads', '1'],
    ...['--out', join(folder, 'runs'), '--results', join(folder, 'results'), ...more],
  ])

const rowsIn = (folder: string): string => readFileSync(join(folder, 'results', 'some.json'), 'utf8')

describe('a study', () => {
  test('gives the same rows in one process and in two, and seed by seed', async () => {
    const [alone, two, parts] = [scratch(), scratch(), scratch()]
    const first = await compared(alone)
    expect([first.code, first.out]).toEqual([0, expect.stringContaining('| cut | ')])
    expect(first.err.match(/^\d of 6: .*, seed \d$/gm)?.length).toBe(6)
    const both = await compared(two, '--jobs', '2', '--tensorboard')
    expect([both.code, both.err.match(/^\d of 6: .*, seed \d$/gm)?.length]).toEqual([0, 6])
    expect(both.err.match(/\(done\)$/gm)?.length).toBe(6)
    expect(rowsIn(two)).toBe(rowsIn(alone))
    const files = readdirSync(join(two, 'runs'), { recursive: true, encoding: 'utf8' })
    expect(files.filter(name => name.includes('tfevents')).length).toBe(6)
    const some = await compared(parts, '--seeds', '2,0')
    expect([some.code, some.out, existsSync(join(parts, 'results'))]).toEqual([0, '', false])
    const rest = await compared(parts)
    expect(rest.err.match(/\(done\)$/gm)?.length).toBe(4)
    expect(rowsIn(parts)).toBe(rowsIn(alone))
  })

  test('stopped while in two processes, it is resumed from there', async () => {
    const folder = scratch()
    const stopped = await espalier(
      [
        ...['compare', file, '--engine', 'wasm', '--jobs', '2'],
        ...['--out', join(folder, 'runs'), '--results', join(folder, 'results')],
      ],
      { stopAt: 'seed 0' },
    )
    expect([stopped.code, stopped.out]).toEqual([130, ''])
    expect((await compared(folder, '--jobs', '2')).code).toBe(0)
    const whole = scratch()
    await compared(whole)
    expect(rowsIn(folder)).toBe(rowsIn(whole))
  })

  test('refuses numbers of jobs and seeds that it does not have', async () => {
    const [none, beyond, word] = await Promise.all(
      [
        ['--jobs', '0'],
        ['--seeds', '1,3'],
        ['--seeds', '0,a'],
      ].map(more => compared(scratch(), ...more)),
    )
    if (!none || !beyond || !word) throw new Error('three were asked')
    expectRefusedAtOnce(none, '--jobs', /whole number from 1 to 1,024/)
    expectRefusedAtOnce(beyond, 'got 3', '0 to 2')
    expectRefusedAtOnce(word, '--seeds', /whole number/)
  })

  test('writes runs and results into the folders named, whatever it is called', async () => {
    const folder = scratch()
    const named = join(folder, 'odd.ts')
    writeFileSync(named, readFileSync(file, 'utf8').replace("'some', { seeds: 3 }", "'../up', { seeds: 1 }"))
    const { code } = await espalier([
      ...['compare', named, '--engine', 'wasm', '--threads', '1'],
      ...['--out', join(folder, 'runs'), '--results', join(folder, 'results')],
    ])
    expect([code, readdirSync(folder).toSorted()]).toEqual([0, ['odd.ts', 'results', 'runs']])
    expect(readdirSync(join(folder, 'runs'))).toEqual(['%2E.%2Fup'])
    expect(readdirSync(join(folder, 'results')).toSorted()).toEqual(
      ['html', 'json', 'md', 'svg'].map(ending => `%2E.%2Fup.${ending}`),
    )
    writeFileSync(named, readFileSync(file, 'utf8').replace("'cut'", "'Base'"))
    expectRefusedAtOnce(await espalier(['compare', named]), "'base' and 'Base'", 'got one for')
  })
})
