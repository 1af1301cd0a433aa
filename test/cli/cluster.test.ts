/** One training by two processes: what it computes, and what becomes of it where one is lost. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { distance, dsl, freePorts, hasAddon, run, until } from '../support/programs/cluster.js'
import { espalier, expectRefused } from '../support/programs/command.js'
import { linkMachines, whyNoMachines } from '../support/programs/machines.js'
import { scratch } from '../support/scratch.js'

const logOf = (folder: string): string => readFileSync(join(folder, 'events.jsonl'), 'utf8')

/** A first worker and another, of one file. */
const pair = async (file: string, folder: string) => {
  const [first = 0, second = 0] = await freePorts(2)
  const cluster = `127.0.0.1:${first},127.0.0.1:${second}`
  const worker = run(['worker', file, '--listen', `${second}`])
  const leader = run([
    'train',
    file,
    '--cluster',
    cluster,
    '--sync-batch-norm',
    '--wait',
    '120',
    '--out',
    folder,
  ])
  return { worker, leader, lost: `127.0.0.1:${second}` }
}

const schedule =
  "train({ epochs: 1, batchSize: 24 }), push({ epochs: 1, batchSize: 24 }), prune({ keep: { params: 0.7 }, by: 'gradientUtility' })"
const patience = 240_000

describe.skipIf(!hasAddon)('two processes', () => {
  const alone = join(scratch(), 'alone')
  const shared = join(scratch(), 'shared')

  test('leave the weights that one leaves', { timeout: patience }, async () => {
    const file = dsl(schedule)
    const single = run(['train', file, '--engine', 'tensorflow', '--out', alone])
    const { worker, leader } = await pair(file, shared)
    expect(await leader.ended, leader.said()).toBe(0)
    expect(await Promise.all([single, worker].map(({ ended }) => ended))).toEqual([0, 0])
    expect(worker.said()).toMatch(/worker 2 of 2\nthe run of 127\.0\.0\.1:\d+ has ended/)
    expect(await distance(alone, shared)).toBeLessThan(1e-4)
  })

  test('name one that is killed, and say how to go on without it', { timeout: patience }, async () => {
    const file = dsl('train({ epochs: 1, batchSize: 24 }), train({ epochs: 60, batchSize: 24 })')
    const folder = join(scratch(), 'run')
    const { worker, leader, lost } = await pair(file, folder)
    await until(leader.said, 'step 2 of 2')
    worker.child.kill('SIGKILL')
    const from = Date.now()
    expect(await leader.ended).toBe(1)
    expect(Date.now() - from).toBeLessThan(10_000)
    expect(leader.said()).toContain(`worker ${lost}: expected a sign of life, got none`)
    expect(leader.said()).toMatch(/to continue without it: npm run resume -- \S+\n/)
    expect(logOf(folder).split('\n').slice(0, 2)).toEqual(logOf(shared).split('\n').slice(0, 2))
  })
})

const noMachines = whyNoMachines()
if (noMachines !== null)
  console.warn(`skipped: two machines, as there are no network namespaces: ${noMachines}`)

describe.skipIf(!hasAddon || noMachines !== null)('two machines', () => {
  test('of which one is cut off: each names the other, and the rest goes on from the checkpoint', {
    timeout: patience,
  }, async () => {
    const file = dsl('train({ epochs: 1, batchSize: 24 }), train({ epochs: 60, batchSize: 24 })')
    const [unbroken, folder] = [join(scratch(), 'unbroken'), join(scratch(), 'run')]
    const { hosts, on, cut } = await linkMachines()
    const [first, second] = hosts.map(host => `${host}:2222`)
    const worker = run(['worker', file, '--listen', `${second}`], on[1])
    const shared = ['--cluster', `${first},${second}`, '--sync-batch-norm', '--wait', '120']
    const leader = run(['train', file, ...shared, '--out', folder], on[0])
    await until(leader.said, 'step 2 of 2')
    cut()
    const from = Date.now()
    expect(await Promise.all([leader.ended, worker.ended])).toEqual([1, 1])
    expect(Date.now() - from).toBeLessThan(10_000)
    expect(leader.said()).toContain(`worker ${second}: expected a sign of life, got none`)
    expect(worker.said()).toContain(`the first worker, ${first}: expected a sign of life`)
    const [, rest = ''] = /npm run resume -- (\S+)\n/.exec(leader.said()) ?? []
    const both = [
      ['resume', rest],
      ['train', file, '--engine', 'tensorflow', '--out', unbroken],
    ].map(args => run(args))
    expect(await Promise.all(both.map(({ ended }) => ended)), both[0]?.said()).toEqual([0, 0])
    expect(await distance(unbroken, folder)).toBeLessThan(1e-3)
  })
})

describe('is refused', () => {
  test.each([
    [['train', '--cluster', 'here'], /--cluster: expected HOST:PORT, .* got 'here'/],
    [['train', '--cluster', 'a:1'], /two addresses or more/],
    [['train', '--cluster', 'a:1,b:2', '--engine', 'wasm'], /--engine/],
    [['worker', 'some.ts'], /--queue.*--listen/],
    [['worker', 'some.ts', '--listen', '1', '--queue', 'redis://x'], /--queue/],
  ])('%j', async (args, message) => {
    expectRefused(await espalier(args), message)
  })

  test('a batch that cannot be divided', async () => {
    const file = dsl('train({ epochs: 1, batchSize: 25 })')
    const [first, second] = await freePorts(2)
    const args = ['train', file, '--cluster', `127.0.0.1:${first},127.0.0.1:${second}`]
    expectRefused(await espalier(args), /batchSize: expected a multiple of the 2 workers, got 25; try 26/)
  })
})
