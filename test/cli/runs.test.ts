/** Runs from the command line: where they are kept, and what they may be told when they go on. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  type Ended,
  espalier,
  expectRefused,
  expectRefusedAtOnce,
  root,
} from '../support/programs/command.js'
import { scratch } from '../support/scratch.js'

/** As an IDX file, each value the last digit of its place in the base of three. */
const idx = (sizes: readonly number[]): Buffer => {
  const header = Buffer.alloc(4 + 4 * sizes.length)
  header.writeUInt32BE(0x0800 + sizes.length, 0)
  for (const [axis, size] of sizes.entries()) header.writeUInt32BE(size, 4 + 4 * axis)
  const values = Uint8Array.from({ length: sizes.reduce((a, b) => a * b, 1) }, (_, at) => at % 3)
  return Buffer.concat([header, values])
}

const source = (name: string, classes = 3): string =>
  `import { convBnAct, dense, experiment, globalAvgPool, image, mnist, net, train } from '${root}/src/index.js'
export default experiment(net('${name}', image(6, 6, 1), convBnAct(3), globalAvgPool, dense(${classes})), mnist({ validation: 0.2 }), train({ epochs: 60, batchSize: 4 }))
`

describe('a run', () => {
  const home = scratch({
    'package.json': '{ "type": "module" }',
    'some.ts': source('../../x'),
    'other.ts': source('other', 4),
    'data/train-images-idx3-ubyte': idx([60, 6, 6]),
    'data/train-labels-idx1-ubyte': idx([60]),
    'data/t10k-images-idx3-ubyte': idx([6, 6, 6]),
    'data/t10k-labels-idx1-ubyte': idx([6]),
    'model.pb': '',
  })
  const at = join(home, 'one', 'two')
  const given = ['--engine', 'wasm', '--seed', '3', '--take', '40']
  let ended: Ended
  let run: string
  beforeAll(async () => {
    mkdirSync(at, { recursive: true })
    ended = await espalier(['train', '../../some.ts', ...given, '--data', '../../data'], {
      cwd: at,
      stopAt: 'epoch 1:',
    })
    run = join(at, 'runs', readdirSync(join(at, 'runs'))[0] ?? '')
  })

  /** The run again, elsewhere. */
  const copied = (): string => {
    const copy = join(scratch(), 'copy')
    cpSync(run, copy, { recursive: true })
    return copy
  }

  test('is saved below the current folder, whatever its net is called, and prints where', () => {
    expect([ended.code, readdirSync(home).length]).toEqual([130, 6])
    expect(run).toMatch(/one\/two\/runs\/%2E\.%2F\.\.%2Fx-[-\d]+$/)
    expect(ended.err).toContain(`saving in ${run.slice(at.length + 1)}`)
  })

  test('that is refused leaves no folder, and prints none', async () => {
    const out = join(scratch(), 'run')
    const refused = await espalier([
      'train',
      join(home, 'other.ts'),
      '--data',
      join(home, 'data'),
      '--out',
      out,
    ])
    expectRefused(refused, '3 in all')
    expect(refused.err).not.toContain('saving in')
    expect(existsSync(out)).toBe(false)
  })

  test('is resumed from another folder, and with its data in another', async () => {
    const [here, moved] = [copied(), copied()]
    expect((await espalier(['resume', here], { cwd: scratch() })).code).toBe(0)
    const data = join(scratch(), 'moved')
    cpSync(join(home, 'data'), data, { recursive: true })
    const settings = JSON.parse(readFileSync(join(moved, 'run.json'), 'utf8'))
    settings.data.folder = join(home, 'gone')
    writeFileSync(join(moved, 'run.json'), JSON.stringify(settings))
    expect((await espalier(['resume', moved, '--data', data, '--skip-bad'])).code).toBe(0)
    expect(JSON.parse(readFileSync(join(moved, 'run.json'), 'utf8')).data).toMatchObject({
      folder: data,
      skipBad: true,
    })
    expect(readFileSync(join(moved, 'model.safetensors'))).toEqual(
      readFileSync(join(here, 'model.safetensors')),
    )
  })

  test('that is resumed refuses options that it cannot change', async () => {
    const copy = copied()
    const before = readFileSync(join(copy, 'checkpoint.safetensors'))
    const going = (...more: readonly string[]) =>
      espalier(['train', join(home, 'some.ts'), '--resume', copy, ...more])
    const cases = [
      [['--seed', '9'], '--seed 3'],
      [['--take', '5'], '--take 40'],
      [['--engine', 'cpu'], '--engine wasm'],
      [['--out', join(home, 'elsewhere')], '--out'],
    ] as const
    await Promise.all(
      cases.map(async ([more, said]) => expectRefusedAtOnce(await going(...more), copy, said, '; try ')),
    )
    expect(readFileSync(join(copy, 'checkpoint.safetensors'))).toEqual(before)
    expect((await going(...given, '--out', copy, '--data', join(home, 'data'))).code).toBe(0)
  })

  test('is described by its folder; a file that cannot be described or trained is refused', async () => {
    const [folder, other, place] = await Promise.all(
      [
        ['describe', run],
        ['describe', join(home, 'model.pb')],
        ['train', home],
      ].map(args => espalier(args)),
    )
    if (!folder || !other || !place) throw new Error('three were asked')
    expect([folder.code, folder.out]).toEqual([0, expect.stringContaining('../../x: 6×6×1')])
    expectRefusedAtOnce(
      other,
      /model\.pb: expected a \.ts or \.js module, .*, got a \.pb file/,
      '.safetensors',
    )
    expectRefusedAtOnce(place, home, 'expected a .ts', 'got a folder')
  })
})
