/** Each example runs as it would for a reader, and finds what it says it looks for. */
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { scratch } from '../support/scratch.js'

const root = join(import.meta.dirname, '../..')
const folder = join(root, 'examples')

interface Output {
  readonly stdout: string
  readonly stderr: string
}

/** Its output on the embedded engine, so that it is the same everywhere. */
const runExample = (name: string, ...args: readonly string[]): Promise<Output> =>
  promisify(execFile)(process.execPath, ['--import', 'tsx', join('examples', `${name}.ts`), ...args], {
    cwd: root,
    env: { ...process.env, ESPALIER_CACHE: scratch() },
  })

/** An experiment has a default export, which the command runs; any other example is a program. */
const isExperiment = (name: string): boolean => sourceOf(name).includes('\nexport default experiment(')

const sourceOf = (name: string): string => readFileSync(join(folder, `${name}.ts`), 'utf8')

const trainExample = (name: string): Promise<Output> =>
  promisify(execFile)(
    process.execPath,
    [
      '--import',
      'tsx',
      'src/cli.ts',
      'train',
      `examples/${name}.ts`,
      '--engine',
      'wasm',
      '--json',
      '--out',
      scratch(),
    ],
    { cwd: root },
  )

const printed = async (name: string): Promise<string> => {
  const { stdout, stderr } = await (isExperiment(name) ? trainExample : runExample)(name)
  if (stdout === '') throw new Error(`${name} printed nothing: ${stderr}`)
  return stdout.trim()
}

const numbersIn = (text: string): readonly number[] => [...text.matchAll(/\d+(?:\.\d+)?/g)].map(Number)

/** What each is held to. */
const held: Readonly<Record<string, (lines: readonly string[]) => void>> = {
  head: ([line = '']) => {
    const { stages, test } = JSON.parse(line)
    expect(stages).toHaveLength(2)
    expect(stages[0].validation.accuracy).toBeGreaterThan(0.8)
    expect(test.accuracy).toBeGreaterThan(0.9)
  },
  inside: lines => {
    expect(lines).toHaveLength(8)
    for (const line of lines) {
      const [, branch, separation, most, trace] =
        line.match(/^(\w\/\w+): separation ([\d.]+) \(most in (\S+)\[\d+\]\), trace ([\d.]+) \(/) ?? []
      expect(most?.startsWith(`${branch}/`) || most === branch).toBe(true)
      expect(Number(separation)).toBeGreaterThan(0)
      expect(Number(trace)).toBeGreaterThan(0)
    }
  },
  grn: ([line = '']) => {
    const { cuts, stages } = JSON.parse(line)
    expect(cuts).toHaveLength(1)
    expect(stages[1].params / stages[0].params).toBeLessThanOrEqual(0.6)
  },
  loop: lines => {
    expect(lines.map(line => line.split(' ')[0])).toEqual(['signSGD', 'momentum'])
    for (const line of lines) {
      const losses = numbersIn(line)
      expect(losses).toHaveLength(3)
      expect(losses).toEqual(losses.toSorted((a, b) => b - a))
    }
  },
  median: ([line = '']) => {
    const { cuts, stages, test } = JSON.parse(line)
    expect(cuts).toHaveLength(1)
    expect(stages[1].macs / stages[0].macs).toBeLessThanOrEqual(0.5)
    expect(test.accuracy).toBeGreaterThan(0.5)
  },
  rules: ([line = '']) => {
    const { met, cuts, stages } = JSON.parse(line)
    expect(met.map(({ name }: { readonly name: string }) => name).slice(0, 2)).toEqual([
      '1-0-base',
      '1-1-block',
    ])
    expect(cuts).toHaveLength(1)
    expect(stages[2].params / stages[1].params).toBeLessThanOrEqual(0.6)
  },
  search: lines => {
    const found = lines.map(line => numbersIn(line.replace(/^[\d-]+: /, '')))
    expect(found).toHaveLength(4)
    for (const [params = Number.NaN] of found) expect(params).toBeLessThanOrEqual(4000)
    expect(found).toEqual(found.toSorted(([, a = 0], [, b = 0]) => b - a))
    expect(found[0]?.[1]).toBeGreaterThan(40)
  },
}

const names = readdirSync(folder).flatMap(name => (name.endsWith('.ts') ? [name.slice(0, -3)] : []))

test('every example is held to something', () => {
  expect(names.sort()).toEqual(Object.keys(held).sort())
})

describe.each(names)('examples/%s.ts', name => {
  const source = sourceOf(name)

  test('is a page that opens with what it is, on the public doors alone', () => {
    expect(source.startsWith('/**\n * ')).toBe(true)
    expect(source.split('\n').length).toBeLessThanOrEqual(70)
    const doors = [...source.matchAll(/from '(\.[^']+)'/g)].map(([, from]) => from)
    for (const door of doors) expect(door).toMatch(/^\.\.\/src\/(\w+\/)?index\.js$/)
  })

  test.skipIf(isExperiment(name))('says what went wrong as prose, should anything', () => {
    expect(source).toMatch(/\n}\)\.catch\(reportFailure\)\n$/)
    expect(source.replace('.catch(reportFailure)', '')).not.toMatch(/\.catch\(|console\.error/)
  })

  test('runs', async () => {
    held[name]?.((await printed(name)).split('\n'))
  })
})

test('an example that fails prints one line of prose and exits with 1', async () => {
  const missing = join(scratch(), 'model.safetensors')
  await expect(runExample('inside', missing)).rejects.toMatchObject({
    code: 1,
    stdout: '',
    stderr: `${missing}: expected a file or folder, got none; try another path\n`,
  })
})
