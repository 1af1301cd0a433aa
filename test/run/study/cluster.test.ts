/** Single cells from the command line, and the ready files of schedulers, with the exit codes that these look at. */
import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { command, type Ended, espalier, expectRefused, root } from '../../support/programs/command.js'
import { scratch } from '../../support/scratch.js'

const study = join(
  scratch({
    'package.json': '{ "type": "module" }',
    'some.ts': `import { convBnAct, dense, experiment, globalAvgPool, glyphs, image, net, study, train } from '${root}/src/index.js'
const small = net('small', image(28, 28, 1), convBnAct(4, 3, { stride: 4 }), globalAvgPool, dense(10))
const of = epochs => experiment(small, glyphs({ train: 100, test: 20 }), train({ epochs, batchSize: 30 }))
export default study('some', { seeds: 1 }, [{ name: 'short', experiment: of(1) }, { name: 'long', experiment: of(2) }])
`,
  }),
  'some.ts',
)

const options = (folder: string): readonly string[] => [
  ...[study, '--engine', 'wasm', '--out', join(folder, 'runs')],
  ...['--results', join(folder, 'results')],
]

const cell = (folder: string, which: string, ...more: readonly string[]): Promise<Ended> =>
  espalier(['compare', ...options(folder), '--cell', which, ...more])

/** A shell's command, with what the ready files ask the environment for. */
const inShell = (args: readonly string[], env: NodeJS.ProcessEnv): Promise<Ended> =>
  new Promise(resolve => {
    const ESPALIER = [process.execPath, ...command].join(' ')
    const child = spawn('bash', args, { cwd: root, env: { ...process.env, ESPALIER, ...env } })
    let [out, err] = ['', '']
    child.stdout.on('data', (text: Buffer) => {
      out += text
    })
    child.stderr.on('data', (text: Buffer) => {
      err += text
    })
    child.on('close', code => resolve({ code, out, err }))
  })

/** A lock of a process of another host, which has just given a sign of life. */
const lockCell = (folder: string): string => {
  const lock = join(folder, 'runs/some/short/0/lock.7.8.elsewhere')
  mkdirSync(join(lock, '..'), { recursive: true })
  writeFileSync(lock, 'process 7')
  return lock
}

test('a cell says by its exit code whether it is done, to be tried again, or never', async () => {
  const folder = scratch({ 'a file': '' })
  const lock = lockCell(folder)
  const listed = espalier(['compare', study, '--cells'])
  const locked = await cell(folder, '0/2', '--threads', '1')
  expect([locked.code, locked.err]).toEqual([75, expect.stringContaining('got process 7 on elsewhere')])
  rmSync(lock)
  const done = await cell(folder, '0/2')
  expect([done.code, done.out, done.err]).toEqual([0, '', '1 of 2: short, seed 0\n'])
  const [again, other, beyond, nowhere] = await Promise.all([
    cell(folder, '0/2'),
    cell(folder, '1/2', '--threads', '2'),
    cell(folder, '1/3'),
    espalier(['compare', study, '--cell', '0/2', '--engine', 'wasm', '--out', join(folder, 'a file')]),
  ])
  expect([again.code, again.err]).toEqual([0, '1 of 2: short, seed 0 (done)\n'])
  for (const [refused, line] of [
    [other, /study\.json: expected threads 1, as all who work on this study have, got 2; try --threads 1/],
    [beyond, /--cell: expected one of the 2 cells of study some, got one of 3/],
    [nowhere, /expected a file that can be read and written/],
  ] as const) {
    expect(refused.code).toBe(78)
    expectRefused({ ...refused, code: 1 }, line)
  }
  const { out } = await listed
  expect(out).toBe('0\t0\tshort\n1\t0\tlong\n')
  expect(readdirSync(join(folder, 'runs/some/cells')).length).toBe(3)
})

describe('the ready file', () => {
  const text = (name: string): string => readFileSync(join(root, 'examples/cluster', name), 'utf8')

  test('for Slurm requeues a cell that is to be tried again, and no other', async () => {
    const folder = scratch()
    const scontrol = join(folder, 'bin/scontrol')
    mkdirSync(join(folder, 'bin'))
    writeFileSync(scontrol, `#!/bin/sh\necho "$@" >> ${join(folder, 'requeued')}\n`)
    chmodSync(scontrol, 0o755)
    const slurm = (index: number, restarts: number, ...more: readonly string[]) =>
      inShell(['examples/cluster/slurm.sh', ...options(folder), ...more], {
        PATH: `${join(folder, 'bin')}${delimiter}${process.env.PATH}`,
        ...{ SLURM_ARRAY_JOB_ID: '9', SLURM_ARRAY_TASK_ID: `${index}`, SLURM_RESTART_COUNT: `${restarts}` },
      })
    lockCell(folder)
    const [again, last, never, done] = await Promise.all([
      slurm(0, 3),
      slurm(0, 20),
      slurm(1, 0, '--data', join(folder, 'none'), '--take', '0'),
      slurm(1, 0),
    ])
    expect([again.code, last.code, done.code]).toEqual([75, 75, 0])
    expect(never.code).not.toBe(0)
    expect(readFileSync(join(folder, 'requeued'), 'utf8')).toBe('requeue 9_0\n')
  })

  test('for Kubernetes runs the cell of its index, of as many as it is told of', async () => {
    const folder = scratch()
    const yaml = text('kubernetes.yaml')
    const [, completions] = /completions: (\d+)/.exec(yaml) ?? []
    expect(yaml).toContain(`value: "${completions}"`)
    const [, line = ''] = /- (exec .*)/.exec(yaml) ?? []
    const here = line
      .replace('node_modules/.bin/espalier', '$ESPALIER')
      .replace('study.ts', study)
      .replaceAll('/shared', folder)
    const { code } = await inShell(['-c', here], { JOB_COMPLETION_INDEX: '1', CELLS: '2' })
    expect([code, existsSync(join(folder, 'runs/some/long/0/result.json'))]).toEqual([0, true])
  })

  const hasParallel = spawnSync('parallel', ['--version']).status === 0
  if (!hasParallel) console.warn('skipped: parallel is not installed (apt-get install parallel)')
  test.runIf(hasParallel)('for GNU parallel runs all cells, and prints the table', async () => {
    const folder = scratch()
    const { code, out } = await inShell(['examples/cluster/parallel.sh', '2', ...options(folder)], {})
    expect([code, out.match(/^\| (short|long) \|/gm)?.length]).toEqual([0, 2])
    expect(existsSync(join(folder, 'results/some.json'))).toBe(true)
  })
})
