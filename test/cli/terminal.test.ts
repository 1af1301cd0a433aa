/** The terminal: bars while a run trains, the last line, signals. */
import { execFile, spawn } from 'node:child_process'
import { chmodSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { espalier, root } from '../support/programs/command.js'
import { type Gesture, hasTerminals, onTerminal, type Seen } from '../support/programs/terminal.js'
import { scratch } from '../support/scratch.js'

const layers = 'convBnAct(4, 3, { stride: 4 }), globalAvgPool, dense(10)'

/** A DSL file; `before`: statements of its own. */
const dsl = (
  schedule: string,
  { data = 'glyphs({ train: 100, test: 20 })', before = '', name = 'some', body = layers } = {},
): string =>
  join(
    scratch({
      'package.json': '{ "type": "module" }',
      [`${name}.ts`]: `import { convBnAct, dense, experiment, globalAvgPool, glyphs, image, mnist, net, prune, push, study, train, untilTarget } from '${root}/src/index.js'
${before}
export default experiment(net('some', image(28, 28, 1), ${body}), ${data}, ${schedule})
`,
    }),
    `${name}.ts`,
  )

const endless =
  'train({ epochs: 1, batchSize: 30 }), untilTarget({ keep: { params: 0.5 }, rounds: 3 }, push({ epochs: 4000, batchSize: 30 }), prune())'

const cli = [process.execPath, '--import', 'tsx', join(root, 'src/cli.ts')]

const train = (file: string, folder: string, ...gestures: readonly Gesture[]): Promise<Seen> =>
  onTerminal([...cli, 'train', file, '--engine', 'wasm', '--out', folder], { gestures })

/** The last line is this, the cursor is shown, and nothing of a bar is left. */
const expectClean = ({ lines, raw }: Seen, last: string | RegExp): void => {
  expect(lines.at(-1), raw).toMatch(last)
  expect(raw).not.toContain('\u001b[?25l')
  expect(raw).not.toContain('\u001b[?7l')
  expect(lines.join('\n')).not.toMatch(/[░▒▓█]/)
}

/** Every bar that was drawn. */
const barsIn = ({ raw }: Seen): readonly string[] =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal's own
  raw.split(/\u001b\[\w+|[\r\n]/).filter(text => /[░█]/.test(text))

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

describe.runIf(hasTerminals)('on a terminal', () => {
  test('a finished run leaves its table', async () => {
    const seen = await train(dsl('train({ epochs: 2, batchSize: 30 })'), join(scratch(), 'run'))
    expect(seen.code).toBe(0)
    expectClean(seen, /^saved in /)
  })

  test('Ctrl-C through npm stops after the step, and the last line is the command that resumes', async () => {
    const folder = join(scratch(), 'a run')
    const seen = await onTerminal(
      ['npm', 'run', 'compile-and-train', '--', dsl(endless), '--engine', 'wasm', '--out', folder],
      { gestures: [{ at: /images\/s {2}round 1 of 3, about \d+ (s|min|h \d\d min) left/, send: 'Ctrl-C' }] },
    )
    expect(seen.code).toBe(130)
    const said = seen.lines.filter(line => line !== '' && !line.startsWith('npm '))
    expectClean({ ...seen, lines: said }, `stopped; continue with: npm run resume -- '${folder}'`)
    for (const bar of barsIn(seen)) expect(bar.length).toBeLessThan(80)
    expect(existsSync(join(folder, 'checkpoint.safetensors'))).toBe(true)
  })

  test('a run that diverges ends with the reason', async () => {
    const wild = dsl('train({ epochs: 3, batchSize: 5, learningRate: 1e7 })', {
      data: 'glyphs({ train: 2000, test: 20 })',
      body: 'convBnAct(4, 3, { norm: false }), globalAvgPool, dense(10)',
    })
    const seen = await train(wild, join(scratch(), 'run'))
    expect(seen.code).toBe(1)
    expect(barsIn(seen).length).toBeGreaterThan(0)
    expectClean(seen, /^espalier: epoch 1, batch \d+: expected a finite .*, got /)
  })

  /** Files of MNIST come from a server that sends a piece and then does this. */
  const fetching = (then: string): string =>
    dsl('train()', {
      data: 'mnist()',
      before: `globalThis.fetch = async () => new Response(new ReadableStream({ start: async sink => {
  sink.enqueue(new Uint8Array(10))
  await new Promise(resolve => setTimeout(resolve, 300))
  ${then}
} }), { headers: { 'content-length': '100' } })`,
    })

  const elsewhere = (): readonly string[] => ['env', `ESPALIER_CACHE=${scratch()}`, `ESPALIER_DATA=`]

  test('a signal while data is downloaded ends at once', async () => {
    const file = fetching('setInterval(() => undefined, 1000)')
    const seen = await onTerminal([...elsewhere(), ...cli, 'train', file, '--engine', 'wasm'], {
      gestures: [{ at: /idx\d-ubyte\.gz .*10 %/, send: 'SIGTERM' }],
    })
    expect(seen.code).toBe(143)
    expectClean(seen, /^stopped before it began$/)
  })

  test('a download that fails is reported', async () => {
    const file = fetching("sink.error(new Error('the line is dead'))")
    const seen = await onTerminal([...elsewhere(), ...cli, 'train', file, '--engine', 'wasm'])
    expect(seen.code).toBe(1)
    expect(barsIn(seen).join()).toContain('10 %')
    expectClean(seen, /^espalier: .*the line is dead/)
  })

  test('Ctrl-C twice stops at once', async () => {
    const slow = dsl('train({ epochs: 2, batchSize: 50 })', {
      data: 'glyphs({ train: 12_000, test: 20, validation: 11_950 })',
      body: 'convBnAct(32, 3), convBnAct(32, 3), globalAvgPool, dense(10)',
    })
    const seen = await train(
      slow,
      join(scratch(), 'run'),
      { at: 'epoch 1/', send: 'Ctrl-C' },
      { at: 'stopping', send: 'Ctrl-C', after: 700 },
    )
    expect(seen.code).toBe(130)
    expectClean(seen, /^\^C$/)
    expect(seen.lines.at(-2)).toBe('stopping after this step; once more stops at once')
  })

  test('that is closed, a run saves and stops', async () => {
    const folder = join(scratch(), 'run')
    const { code } = await train(dsl(endless), folder, { at: 'round 1 of 3', send: 'hang up' })
    expect([code, existsSync(join(folder, 'checkpoint.safetensors'))]).toEqual([129, true])
    const again = await train(dsl(endless), folder)
    expectClean(again, /holds a run;/)
  })
})

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

/** A pipeline of the command, to its end. */
const shell = async (
  script: string,
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> =>
  promisify(execFile)('bash', ['-c', `set -o pipefail; ${script}`, ...cli], { cwd: root }).then(
    ({ stdout, stderr }) => ({ code: 0, out: stdout, err: stderr }),
    ({ code, stdout, stderr }) => ({ code, out: stdout, err: stderr }),
  )

describe('where no reader is left', () => {
  const quick = 'train({ epochs: 2, batchSize: 30 })'

  test('stderr, a run goes on', async () => {
    const folder = join(scratch(), 'run')
    const { code } = await shell(
      `"$0" "$@" train ${dsl(quick)} --engine wasm --out ${folder} 2>&1 | head -n 1`,
    )
    expect([code, existsSync(join(folder, 'result.json'))]).toEqual([0, true])
  })

  test('stdout, there is no stack; where it is full, the loss is printed and the exit code is 1', async () => {
    const [closed, full] = await Promise.all([
      shell('"$0" "$@" describe dsl/quickstart.ts | true'),
      shell('"$0" "$@" describe dsl/quickstart.ts > /dev/full'),
    ])
    expect(closed).toEqual({ code: 0, out: '', err: '' })
    expect([full.code, full.err]).toEqual([
      1,
      expect.stringMatching(
        /^espalier: stdout: expected a file that can be read and written, got an error \(.*no space left.*\n$/,
      ),
    ])
  })
})

test('by the npm command of the README, the JSON is alone on stdout', async () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  const [told = ''] = readme.match(/npm run --silent compile-and-train -- FILE --json/) ?? []
  const folder = join(scratch(), 'run')
  const command = told.replace(
    'FILE',
    `${dsl('train({ epochs: 1, batchSize: 30 })')} --engine wasm --out ${folder}`,
  )
  const { code, out } = await shell(command)
  expect([code, JSON.parse(out).out]).toEqual([0, folder])
})

test('--version is that of the package', async () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  expect(await espalier(['--version'])).toEqual({ code: 0, out: `${version}\n`, err: '' })
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
