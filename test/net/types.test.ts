import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { scratch } from '../support/scratch.js'

const root = join(import.meta.dirname, '../..')
const fixtures = join(import.meta.dirname, '../types')
const refused = readFileSync(join(fixtures, 'refused.ts'), 'utf8')

interface Compiled {
  /** Line and code of each error, `12 TS2345`. */
  readonly errors: readonly string[]
  readonly instantiations: number
}

/** What the compiler says of one file that stands in for a fixture, under the project's own settings. */
const compiled = (source: string): Compiled => {
  const folder = scratch({
    'package.json': JSON.stringify({ type: 'module' }),
    'fixture.ts': source.replaceAll("'../../src/", `'${root}/src/`),
    'tsconfig.json': JSON.stringify({
      extends: join(root, 'tsconfig.json'),
      compilerOptions: { typeRoots: [join(root, 'node_modules/@types')] },
      include: [],
      files: ['fixture.ts'],
    }),
  })
  const { stdout } = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', folder, '--extendedDiagnostics'], {
    cwd: folder,
    encoding: 'utf8',
  })
  return {
    errors: [...stdout.matchAll(/^fixture\.ts\((\d+),\d+\): error (TS\d+)/gm)].map(
      ([, line, code]) => `${line} ${code}`,
    ),
    instantiations: Number(stdout.match(/Instantiations:\s+(\d+)/)?.[1]),
  }
}

const lines = refused.split('\n')

/** Lines, counted from 1, that hold a directive. */
const directives = lines.flatMap((line, nth) => (line.startsWith('// @ts-expect-error') ? [nth + 1] : []))

/** Each refused line as the comment behind it says it should be. */
const mended = lines
  .map((line, nth) => {
    const right = lines[nth + 1]?.match(/^\/\/ mended: (.*)$/)?.[1]
    if (right === undefined) return line
    return right.startsWith('export') ? right : line.replace(/= .*/, `= ${right}`)
  })
  .join('\n')

describe('types', () => {
  test('what does not fit does not compile', () => {
    expect(directives.length).toBeGreaterThan(50)
    expect(compiled(refused).errors).toEqual([])
  })

  test('each of those lines compiles once it is mended', () => {
    expect(compiled(mended).errors).toEqual(directives.map(line => `${line} TS2578`)) // unused directive
  })

  test('what fits compiles, rows of eighty words in little time', () => {
    const { errors, instantiations } = compiled(readFileSync(join(fixtures, 'accepted.ts'), 'utf8'))
    expect(errors).toEqual([])
    expect(instantiations).toBeLessThan(200_000)
  })
})
