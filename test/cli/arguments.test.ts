/** Help, wrong options and arguments, and what `describe` prints. */
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { espalier, expectRefusedAtOnce, root } from '../support/programs/command.js'
import { dsl, fine } from '../support/programs/dsl-file.js'
import { scratch } from '../support/scratch.js'

describe('help', () => {
  test('is everywhere', async () => {
    const [whole, ...each] = await Promise.all(
      [[], ['train'], ['resume'], ['describe']].map(args => espalier([...args, '--help'])),
    )
    expect([whole?.code, whole?.err]).toEqual([0, ''])
    for (const name of ['train', 'resume', 'describe', 'engine', 'doctor'])
      expect(whole?.out).toMatch(new RegExp(`^  ${name} .*\\S`, 'm'))
    for (const { code, out, err } of each) {
      expect([code, err]).toEqual([0, ''])
      expect(out).toContain('Usage: espalier ')
    }
  })

  test('is named where arguments are wrong, with near or valid values', async () => {
    const [word, option, engine, ...values] = await Promise.all(
      [
        ['trian'],
        ['train', '--sead', '3'],
        ['train', '--engine', 'cuda'],
        ...['-3', '', '1e300', '4294967296', '1.5'].map(seed => ['train', '--seed', seed]),
        ['train', '--take', '0'],
      ].map(args => espalier(args)),
    )
    if (!word || !option || !engine) throw new Error('three were asked')
    expectRefusedAtOnce(word, 'trian', 'train', '--help')
    expectRefusedAtOnce(option, '--sead', '--seed', '--help')
    const take = values.pop()
    for (const seed of values)
      expectRefusedAtOnce(seed, '--seed', /expected a whole number from 0 to 4,294,967,295, got '/)
    if (take !== undefined) expectRefusedAtOnce(take, '--take', /expected a whole number ≥ 1, got '0'/)
    expectRefusedAtOnce(engine, 'cuda', 'tensorflow, wasm, cpu')
  })
})

test('an argument more than a command takes is named', async () => {
  const surplus = async (command: string, expected: string, ...given: readonly string[]) => {
    const ended = await espalier([command, ...given, 'more', 'still'])
    expectRefusedAtOnce(ended, `${command}: expected ${expected} alone, got also 'more', 'still'; try --help`)
  }
  await Promise.all([
    surplus('train', '[file]', 'a'),
    surplus('resume', '<folder>', 'a'),
    surplus('describe', '[file]', 'a'),
    surplus('export', '<model>', 'a', '--to', 'onnx'),
    surplus('import', '<model>', 'a', '--out', 'b'),
    surplus('ablate', '[file]', 'a'),
    surplus('compare', '[file]', 'a'),
    surplus('engine', 'options'),
    surplus('doctor', 'options'),
  ])
})

test('describe prints a net layer by layer', async () => {
  const { code, out, err } = await espalier(['describe', dsl(fine)])
  expect([code, err]).toEqual([0, ''])
  expect(out).toMatch(/some: 28×28×1/)
  expect(out).toMatch(/conv +conv 3×3\/4, 4 +7×7×4 +44 +1,764/)
  expect(out).toMatch(/total +246 +/)
})

test('a file may hold what is more than JavaScript with types', async () => {
  const folder = scratch({
    'package.json': '{ "type": "module" }',
    'some.ts': `import { conv, dense, flatten, image, net } from '${root}/src/index.js'
enum Channels { few = 4 }
export default net('some', image(28, 28, 1), conv(Channels.few, 3), flatten, dense(10))
`,
  })
  const { code, out, err } = await espalier(['describe', join(folder, 'some.ts')])
  expect([code, err]).toEqual([0, ''])
  expect(out).toMatch(/total +31,410 +/)
})
