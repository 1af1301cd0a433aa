/** The sources as JavaScript, which npm's scripts run where Node cannot strip types. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { espalier, root } from '../support/programs/command.js'

const folder = mkdtempSync(join(tmpdir(), 'espalier-transpile-'))
afterAll(() => rmSync(folder, { recursive: true }))

const transpile = async (): Promise<readonly string[]> => {
  const { transpileSources } = await import(pathToFileURL(join(root, 'transpile.mjs')).href)
  return transpileSources(folder)
}

const compiled = (name: string): string => readFileSync(join(folder, '.compiled', name), 'utf8')

describe('transpiled sources', () => {
  test('are what their sources say now', async () => {
    await mkdir(join(folder, 'src/a'), { recursive: true })
    await mkdir(join(folder, 'src/engine/wasm/kernels'), { recursive: true })
    writeFileSync(join(folder, 'src/a/one.ts'), 'export const one: number = 1')
    writeFileSync(join(folder, 'src/two.ts'), "export { one as two } from './a/one.js'")
    writeFileSync(join(folder, 'src/engine/wasm/kernels/three.ts'), '@inline function three(): f32 {}')
    expect((await transpile()).toSorted()).toEqual(['a/one.ts', 'two.ts'])
    expect(compiled('a/one.js')).toContain('const one = 1;')
    expect(await transpile()).toEqual([])
    writeFileSync(join(folder, 'src/a/one.ts'), 'export const one: number = 10')
    expect(await transpile()).toEqual(['a/one.ts'])
    expect(compiled('a/one.js')).toContain('const one = 10;')
    rmSync(join(folder, 'src/two.ts'))
    expect(await transpile()).toEqual([])
    expect(() => compiled('two.js')).toThrow('ENOENT')
    writeFileSync(join(folder, '.compiled/sources.json'), '{"a/one.ts"')
    expect(await transpile()).toEqual(['a/one.ts'])
  })

  test.skipIf('typescript' in process.features)('are what a file gets that imports the sources', async () => {
    const way = relative(folder, root)
    writeFileSync(
      join(folder, 'net.ts'),
      `import { conv, globalAvgPool, image, net } from '${way}/src/index.js'
       import { conv as byPath } from '${root}/src/index.js'
       import { conv as running } from '${root}/.compiled/index.js'
       console.error([conv, byPath].every(each => each === running))
       export default net('some', image(4, 4, 1), conv(2, 3), globalAvgPool)`,
    )
    const { out, err } = await espalier(['describe', join(folder, 'net.ts')])
    expect([out, err]).toEqual([expect.stringContaining('conv'), 'true\n'])
  })
})
