/** Which engine a command takes that is told none. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { defaultEngine } from '../../src/engine/open.js'
import { espalier, root } from '../support/programs/command.js'
import { scratch } from '../support/scratch.js'

const folder = scratch({
  'package.json': '{ "type": "module" }',
  'net.ts': `import { convBnAct, dense, experiment, globalAvgPool, glyphs, image, net, prune, study, train } from '${root}/src/index.js'
const small = net('small', image(28, 28, 1), convBnAct(4, 3, { stride: 4 }), convBnAct(4), globalAvgPool, dense(10))
export const of = (...steps) => experiment(small, glyphs({ train: 100, test: 20 }), train({ epochs: 1, batchSize: 30 }), ...steps)
export default of()
`,
  'study.ts': `import { prune, study } from '${root}/src/index.js'
import { of } from './net.js'
export default study('two', { seeds: 2 }, [
  { name: 'base', experiment: of() },
  { name: 'cut', experiment: of(prune({ by: 'l1', keep: { params: 0.7 } })) },
])
`,
})

const engineIn = (...path: readonly string[]): string =>
  JSON.parse(readFileSync(join(folder, ...path, 'run.json'), 'utf8')).engine.name

const chosen =
  /^using (wasm|tensorflow)[^:]*: a training step (takes|took) .* ms on .*, .* ms on .*; --engine/gm

describe.skipIf(defaultEngine() === 'wasm')('with two engines there and none named', () => {
  test('a run prints which is faster and keeps it; an engine named is not timed', async () => {
    const run = join(folder, 'run')
    const ended = await espalier(['train', join(folder, 'net.ts'), '--out', run])
    expect(ended.code).toBe(0)
    const [said = '', ...more] = ended.err.match(chosen) ?? []
    expect([said.split(/[ :]/)[1], more]).toEqual([engineIn('run'), []])
    const again = await espalier(['resume', run])
    expect([again.code, again.err.match(chosen)]).toEqual([0, null])
    const named = await espalier(['train', join(folder, 'net.ts'), '--engine', 'wasm', '--out', `${run}-2`])
    expect([named.code, named.err.match(chosen), engineIn('run-2')]).toEqual([0, null, 'wasm'])
  })

  test('a study chooses once, for all its runs and all its processes, and keeps it', async () => {
    const compare = (...more: readonly string[]) =>
      espalier([
        ...['compare', join(folder, 'study.ts'), '--out', join(folder, 'runs')],
        ...['--results', join(folder, 'results'), ...more],
      ])
    const ended = await compare('--jobs', '2')
    expect(ended.code, ended.err).toBe(0)
    const [said = '', ...more] = ended.err.match(chosen) ?? []
    const engines = ['base', 'cut'].flatMap(name =>
      ['0', '1'].map(seed => engineIn('runs', 'two', name, seed)),
    )
    expect([more, new Set(engines)]).toEqual([[], new Set([said.split(/[ :]/)[1]])])
    const again = await compare()
    expect([again.code, again.err.match(chosen)]).toEqual([0, null])
  })
})
