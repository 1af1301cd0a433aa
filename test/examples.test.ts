/** Each example runs as it would for a reader, and finds what it says it looks for. */
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { scratch } from './scratch.js'

const root = join(import.meta.dirname, '..')
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

const printed = async (name: string): Promise<string> => {
  const { stdout, stderr } = await runExample(name)
  if (stdout === '') throw new Error(`${name} printed nothing: ${stderr}`)
  return stdout.trim()
}

const numbersIn = (text: string): readonly number[] => [...text.matchAll(/\d+(?:\.\d+)?/g)].map(Number)

/** What each is held to. */
const held: Readonly<Record<string, (lines: readonly string[]) => void>> = {
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
  loop: lines => {
    expect(lines.map(line => line.split(' ')[0])).toEqual(['signSGD', 'momentum'])
    for (const line of lines) {
      const losses = numbersIn(line)
      expect(losses).toHaveLength(3)
      expect(losses).toEqual(losses.toSorted((a, b) => b - a))
    }
  },
  median: ([line = '']) => {
    expect(line).toMatch(/^median [\d.]+, l1 [\d.]+, random [\d.]+$/)
    const [median = 0] = numbersIn(line.replace('l1', ''))
    expect(median).toBeGreaterThan(0.2)
  },
  search: lines => {
    const found = lines.map(line => numbersIn(line.replace(/^[\d-]+: /, '')))
    expect(found).toHaveLength(4)
    for (const [params = Number.NaN] of found) expect(params).toBeLessThanOrEqual(4000)
    expect(found).toEqual(found.toSorted(([, a = 0], [, b = 0]) => b - a))
    expect(found[0]?.[1]).toBeGreaterThan(40)
  },
}

const names = readdirSync(folder).map(name => name.replace(/\.ts$/, ''))

test('every example is held to something', () => {
  expect(names.sort()).toEqual(Object.keys(held).sort())
})

describe.each(names)('examples/%s.ts', name => {
  const source = readFileSync(join(folder, `${name}.ts`), 'utf8')

  test('is a page that opens with what it is, on the public doors alone', () => {
    expect(source.startsWith('/**\n * ')).toBe(true)
    expect(source.split('\n').length).toBeLessThanOrEqual(70)
    const doors = [...source.matchAll(/from '(\.[^']+)'/g)].map(([, from]) => from)
    for (const door of doors) expect(door).toMatch(/^\.\.\/src\/(\w+\/)?index\.js$/)
  })

  test('says what went wrong as prose, should anything', () => {
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
    stderr: `${missing} does not exist\n`,
  })
})
