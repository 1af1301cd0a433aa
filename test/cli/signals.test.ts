/** Signals: a run, its processes and a compiler end, and nothing is lost. */
import { execFile, spawn } from 'node:child_process'
import { chmodSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { espalier, root } from '../support/programs/command.js'
import { scratch } from '../support/scratch.js'
import { cli, dsl, endless, layers } from './small-run.js'

const later = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

const patience = 60_000

/** Waits until it is so, but not for ever. */
const until = async (so: () => boolean): Promise<void> => {
  for (const end = Date.now() + patience; !so(); await later(50))
    if (Date.now() > end) throw new Error('it never came to that')
}

test.each([
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('%s stops a run after the step, though it come twice', async (signal, code) => {
  const folder = join(scratch(), 'run')
  const ended = await espalier(['train', dsl(endless), '--engine', 'wasm', '--out', folder], {
    stopAt: 'epoch 3:',
    signals: [signal, signal],
  })
  expect([ended.code, ended.out]).toEqual([code, ''])
  const lines = ended.err.trimEnd().split('\n')
  expect(lines.at(-1)).toBe(`stopped; continue with: npm run resume -- ${folder}`)
  // the step may be the last of its epoch, which then has its line
  expect(lines.slice(-3)).toContain('stopping after this step; once more stops at once')
  expect(JSON.parse(readFileSync(join(folder, 'events.jsonl'), 'utf8').split('\n')[0] ?? '')).toMatchObject({
    _tag: 'stageBegan',
  })
})

describe('a study in several processes', () => {
  const file = (): string =>
    join(
      scratch({
        'package.json': '{ "type": "module" }',
        'some.ts': `import { convBnAct, dense, experiment, globalAvgPool, glyphs, image, net, study, train } from '${root}/src/index.js'
const small = net('small', image(28, 28, 1), ${layers})
export default study('some', { seeds: 2 }, [
  { name: 'base', experiment: experiment(small, glyphs({ train: 100, test: 20 }), train({ epochs: 4000, batchSize: 30 })) },
])
`,
      }),
      'some.ts',
    )

  const processesOf = async (pid: number): Promise<readonly number[]> =>
    (await promisify(execFile)('ps', ['-A', '-o', 'ppid=,pid='])).stdout
      .trim()
      .split('\n')
      .map(line => line.trim().split(/\s+/).map(Number))
      .flatMap(([parent, child]) => (parent === pid && child !== undefined ? [child] : []))

  test.each(['SIGHUP', 'SIGKILL'] as const)('leaves none of them behind after %s', async signal => {
    const folder = scratch()
    const study = file()
    const args = [study, '--engine', 'wasm', '--jobs', '2', '--out', folder, '--results', scratch()]
    const [node = '', ...more] = cli
    const parent = spawn(node, [...more, 'compare', ...args], { cwd: root })
    let err = ''
    parent.stderr.on('data', text => {
      err += text
    })
    const closed = new Promise<number | null>(resolve => parent.on('close', resolve))
    const runs = [0, 1].map(seed => join(folder, 'some', 'base', `${seed}`))
    await until(() => runs.every(run => existsSync(join(run, 'events.jsonl'))))
    const jobs = await processesOf(parent.pid ?? 0)
    parent.kill(signal)
    const code = await closed
    expect(jobs.length).toBeGreaterThanOrEqual(2)
    await until(() => !jobs.some(isAlive))
    expect(code).toBe({ SIGHUP: 129, SIGKILL: null }[signal])
    if (signal !== 'SIGKILL')
      expect(err.trimEnd().split('\n').slice(-2)).toEqual([
        'stopping after this step; once more stops at once',
        `stopped; continue with: npm run compare -- ${args.join(' ')}`,
      ])
    for (const run of runs) expect(existsSync(join(run, 'checkpoint.safetensors'))).toBe(true)
  })
})

test('a signal while the engine is built ends the compiler', async () => {
  const folder = scratch({ 'bin/python3': '#!/bin/sh\necho $$ > "$ESPALIER_CACHE/pid"\nexec sleep 60\n' })
  chmodSync(join(folder, 'bin/python3'), 0o755)
  const [node = '', ...more] = cli
  const child = spawn(node, [...more, 'engine'], {
    cwd: root,
    env: { ...process.env, ESPALIER_CACHE: folder, PATH: `${join(folder, 'bin')}:${process.env.PATH}` },
  })
  const closed = new Promise<number | null>(resolve => child.on('close', resolve))
  await until(() => existsSync(join(folder, 'pid')))
  child.kill('SIGTERM')
  expect(await closed).toBe(143)
  const python = Number(readFileSync(join(folder, 'pid'), 'utf8'))
  await until(() => !isAlive(python))
})
